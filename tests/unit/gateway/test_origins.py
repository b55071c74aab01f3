import pytest
from starlette.datastructures import Headers

from debros.gateway.origins import Origins


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "allowed"),
    [
        (None, "gw.example:6001", "http", True),
        ("http://gw.example:6001", "gw.example:6001", "http", True),
        ("https://gw.example", "gw.example:443", "https", True),
        ("http://GW.example:80", "gw.example", "http", True),
        ("http://[::1]:6001", "[::1]:6001", "http", True),
        ("http://localhost:3000", "gw.example:6001", "http", True),
        ("https://gw.example:6001", "gw.example:6001", "http", False),
        ("http://gw.example:6002", "gw.example:6001", "http", False),
        ("http://evil.example", "gw.example", "http", False),
        ("http://gw.example.evil.example", "gw.example", "http", False),
        ("null", "gw.example", "http", False),
        ("", "", "http", False),
        ("http://gw.example:port", "gw.example", "http", False),
    ],
)
def test_upgrades(origin: str | None, host: str, scheme: str, *, allowed: bool) -> None:
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    assert Origins(["http://localhost:*"]).allows_upgrade(Headers(headers), scheme) is allowed
