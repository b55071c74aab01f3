from datetime import UTC, datetime

from debros.clock import iso, iso_exact, now_ms


def test_a_time_reads_as_rfc_3339_in_utc() -> None:
    assert iso(1_700_000_000_999) == "2023-11-14T22:13:20Z"
    assert iso_exact(1_700_000_000_999) == "2023-11-14T22:13:20.999Z"
    assert iso_exact(0) == "1970-01-01T00:00:00.000Z"


def test_the_unit_is_the_millisecond() -> None:
    now = now_ms()
    assert abs(datetime.fromisoformat(iso_exact(now)).timestamp() - datetime.now(UTC).timestamp()) < 3600
