import pytest
from hypothesis import given
from hypothesis import strategies as st

from debros.gateway.errors import Problem
from debros.gateway.lifetimes import milliseconds


def test_no_end() -> None:
    assert milliseconds(None) is None


@pytest.mark.parametrize(
    ("given_", "found"),
    [
        (1, 1000),
        (0.001, 1),
        (0.1, 100),
        (1.5, 1500),
        ("60", 60_000),
        ("0.25", 250),
        ("15m", 900_000),
        ("1h1ms", 3_600_001),
    ],
)
def test_seconds_and_durations(given_: float | str, found: int) -> None:
    assert milliseconds(given_) == found


@given(st.integers(1, 10**12))
def test_every_millisecond(number: int) -> None:
    assert milliseconds(f"{number}ms") == number
    assert milliseconds(f"{number // 1000}.{number % 1000:03}") == number


@pytest.mark.parametrize(
    "given_",
    [0, -1, 0.0001, 1e300, float("inf"), float("nan"), "", "0", "-1", "1e3", "1 s", "s", "٣", "1" * 40, "1" * 6000],
)
def test_what_is_none(given_: float | str) -> None:
    with pytest.raises(Problem, match=r"^400 invalid_parameter: ttl must be"):
        milliseconds(given_)
