import pytest
from starlette.datastructures import Headers

from debros.gateway.errors import Problem
from debros.gateway.origins import Origins, own_page


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


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"host": "gw.example"}, True),  # no browser
        ({"host": "gw.example", "origin": "https://gw.example"}, True),
        ({"host": "gw.example:6001", "origin": "http://GW.example:6001", "sec-fetch-site": "same-origin"}, True),
        ({"host": "[::1]:6001", "origin": "http://[::1]:6001"}, True),
        ({"host": "127.0.0.1:6001", "origin": "https://Configured.example"}, True),  # a proxy's Host
        ({"host": "127.0.0.1:6001", "origin": "https://gw.example"}, False),
        ({"host": "gw.example", "origin": "https://evil.example"}, False),
        ({"host": "gw.example:6001", "origin": "http://gw.example"}, False),
        ({"host": "gw.example", "origin": "null"}, False),
        ({"host": "gw.example", "origin": ""}, False),
        ({"origin": "http://gw.example"}, False),
        ({"host": "gw.example", "origin": "http://gw.example", "sec-fetch-site": "cross-site"}, False),
        ({"host": "gw.example", "sec-fetch-site": "same-site"}, False),
    ],
)
def test_the_gateways_own_page(headers: dict[str, str], *, own: bool) -> None:
    if own:
        own_page(Headers(headers), ["configured.example"])
    else:
        with pytest.raises(Problem) as refused:
            own_page(Headers(headers), ["configured.example"])
        assert (refused.value.status, refused.value.code) == (403, "origin_not_allowed")
