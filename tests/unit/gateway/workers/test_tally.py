import pytest

from debros.gateway.workers.tally import Counted, Tally


def test_each_worker_says_its_own_part() -> None:
    cells = [0, 0, 0]
    first, last = Tally(cells), Tally(cells, 2)
    first.here(3)
    last.here(4)
    last.here(2)
    assert (first.total(), first.elsewhere(), last.elsewhere()) == (5, 2, 3)


@pytest.mark.parametrize(
    ("cells", "more", "above"),
    [
        ([0, 0], 0, False),
        ([0, 0], 1, True),
        ([1, 1], 0, False),
        ([2, 1], 0, True),
        ([1, 2], 0, False),
        ([1, 3], 1, False),
        ([7], 0, False),
        ([7], 3, False),
        ([3, 0, 6], 0, False),
        ([4, 0, 6], 0, True),
    ],
)
def test_more_than_its_share_is_more_than_the_average(cells, more, above) -> None:
    assert Tally(cells).above_share(more) is above


def test_a_set_of_connections_is_always_counted() -> None:
    tally = Tally([0, 5])
    connections = Counted(tally)
    one, two = object(), object()
    for change, number in (
        (lambda: connections.add(one), 1),
        (lambda: connections.add(one), 1),
        (lambda: connections.add(two), 2),
        (lambda: connections.discard(one), 1),
        (lambda: connections.discard(one), 1),
        (lambda: connections.remove(two), 0),
    ):
        change()
        assert (len(connections), tally.total()) == (number, number + 5)
    with pytest.raises(KeyError):
        connections.remove(two)
