import pytest

from debros.supervise import Backoff


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.2), (2, 0.4), (3, 0.8), (6, 6.4), (7, 10), (10_000_000, 10)])
def test_the_pauses_double_up_to_the_limit(failures: int, seconds: float) -> None:
    assert Backoff().delay(failures) == pytest.approx(seconds)
