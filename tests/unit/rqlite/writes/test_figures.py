from debros.rqlite.writes.figures import Histogram, WriteFigures


def test_a_bound_belongs_to_its_range():
    histogram = Histogram((1, 2, 4))
    for value in (1, 2, 3, 4, 5, 100):
        histogram.add(value)
    assert histogram.counts == [1, 1, 2, 2]
    assert histogram.total == 115


def test_every_process_counts_for_itself():
    WriteFigures().batch_sizes.add(1)
    assert WriteFigures().batch_sizes.total == 0
