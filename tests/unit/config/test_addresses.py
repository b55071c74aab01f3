import pytest

from debros.config import addresses
from debros.config.addresses import HostPort, PortError


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:7001", "127.0.0.1", 7001),
        ("[::1]:7001", "::1", 7001),
        ("[2001:db8::1]:1", "2001:db8::1", 1),
        ("node-1.example.com:65535", "node-1.example.com", 65535),
        ("my_container:7001", "my_container", 7001),
    ],
)
def test_host_and_port(text, host, port):
    assert addresses.parse_host_port(text) == HostPort(host, port)
    assert str(HostPort(host, port)) == text


@pytest.mark.parametrize("text", ["::1", "[::1]", "127.0.0.1", "example.com"])
def test_a_host_may_stand_alone_where_the_port_is_optional(text):
    assert addresses.parse_host_port(text, port_required=False) == HostPort(text.strip("[]"), None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host",
        "host:",
        ":7001",
        "host:abc",
        "::1:7001",
        "[::1]",
        "[host]:1",
        "http://h:1",
        "h:1/",
        "a b:1",
        "300.1.1.1:1",
    ],
)
def test_what_is_no_host_and_port(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- callers put it into words
        addresses.parse_host_port(text)


@pytest.mark.parametrize("text", ["h:0", "h:65536", "h:99999", "h:" + "9" * 5000])
def test_a_port_out_of_range_is_told_apart(text):
    with pytest.raises(PortError):
        addresses.parse_host_port(text)


def test_every_interface_only_where_it_makes_sense():
    assert addresses.parse_host_port(":6001", any_host=True) == HostPort("", 6001)
    with pytest.raises(ValueError, match="not a host"):
        addresses.parse_host_port(":6001")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://localhost:5001", "http://localhost:5001"),
        ("http://localhost:5001/", "http://localhost:5001"),
        ("https://[::1]:5001", "https://[::1]:5001"),
        ("db1:5001", "http://db1:5001"),
        ("http://user:secret@db1:5001", "http://user:secret@db1:5001"),
    ],
)
def test_rqlite_urls(text, url):
    assert addresses.parse_rqlite_url(text) == url


@pytest.mark.parametrize(
    "text",
    ["", "db1", "ftp://h:1", "http://", "http://h:1/db", "http://h:1?a=b", "http://h:x", "http://[::1", "http://a b"],
)
def test_what_is_no_rqlite_url(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- callers put it into words
        addresses.parse_rqlite_url(text)


@pytest.mark.parametrize(
    "text", ["http://localhost:*", "https://app.example.com", "https://[::1]:8443", "tauri://localhost"]
)
def test_origins(text):
    assert addresses.is_origin(text)


@pytest.mark.parametrize(
    "text",
    ["", "*", "localhost", "https://a.example/", "https://a:0", "https://a:99999", "HTTPS://a", "https://*.a", "null"],
)
def test_what_is_no_origin(text):
    assert not addresses.is_origin(text)
