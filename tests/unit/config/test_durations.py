import pytest
from hypothesis import given
from hypothesis import strategies as st

from debros.config.durations import Duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15s", 15), ("24h", 86400), ("1h30m", 5400), ("250ms", 0.25), ("1.5s", 1.5), ("0", 0), ("0s", 0), (0, 0)],
)
def test_reads_what_the_contract_writes(text, seconds):
    assert Duration.parse(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "15", 15, 1.5, "-5s", "5 s", "5sec", "s", "1d", "1h-30m", "abc", "1h30", "٣s", "1.s"]
)
def test_refuses_what_has_no_unit_or_no_sense(text):
    with pytest.raises(ValueError, match="expected a number with a unit"):
        Duration.parse(text)


def test_refuses_finer_than_a_millisecond():
    with pytest.raises(ValueError, match="smallest unit is 1ms"):
        Duration.parse("0.0001s")


def test_refuses_what_other_readers_of_the_file_could_not_hold():
    with pytest.raises(ValueError, match="too long"):
        Duration.parse("9999999h")


@pytest.mark.parametrize(
    ("text", "written"),
    [("90m", "1h30m"), ("75s", "1m15s"), ("720h", "720h"), ("0", "0s"), ("1500ms", "1s500ms"), ("0.1s", "100ms")],
)
def test_prints_the_way_it_is_written(text, written):
    assert str(Duration.parse(text)) == written


@given(st.integers(0, 2_562_047 * 3_600_000))
def test_what_it_prints_reads_back_equal(milliseconds):
    duration = Duration(milliseconds / 1000)
    assert Duration.parse(str(duration)) == duration
