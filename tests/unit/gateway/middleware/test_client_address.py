import pytest


@pytest.fixture
def seen(drive, enveloped):
    async def seen(headers, trusted=("127.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"), kind="http"):
        found = {}

        async def app(scope, _receive, _send):
            found.update(client=scope["client"][0], scheme=scope["scheme"])

        await drive(enveloped(app, trusted=trusted), kind=kind, headers=headers)
        return found

    return seen


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("1.2.3.4, 198.51.100.7", "198.51.100.7"),  # the first was written by the client itself
        ("1.2.3.4, 198.51.100.7, 10.1.1.1", "198.51.100.7"),
        ("10.2.2.2, 10.1.1.1", "10.2.2.2"),
        ("198.51.100.7:1234", "198.51.100.7"),
        ("[2001:db9::1]:443", "2001:db9::1"),
        ("2001:db9::1", "2001:db9::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("nonsense", "127.0.0.1"),
        ("1.2.3.4, nonsense", "127.0.0.1"),
        ("nonsense, 10.1.1.1", "10.1.1.1"),
        ("", "127.0.0.1"),
    ],
)
async def test_the_last_address_that_is_no_proxy_counts(seen, forwarded, client) -> None:
    assert (await seen({"X-Forwarded-For": forwarded}))["client"] == client


@pytest.mark.parametrize("trusted", [(), ("192.0.2.0/24",)])
async def test_nobody_else_is_believed(seen, trusted) -> None:
    headers = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
    assert await seen(headers, trusted=trusted) == {"client": "127.0.0.1", "scheme": "http"}


@pytest.mark.parametrize(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
async def test_the_proxys_tls_counts(seen, kind, scheme) -> None:
    assert (await seen({"X-Forwarded-Proto": "https"}, kind=kind))["scheme"] == scheme
