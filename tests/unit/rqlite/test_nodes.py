"""URLs of nodes, and the first lines of requests to them."""

import pytest

from debros.rqlite.nodes import Node, credentials_of
from debros.rqlite.pool import Origin
from debros.rqlite.types import Credentials


@pytest.mark.parametrize(
    ("url", "origin", "name", "host"),
    [
        ("http://localhost:5001", Origin("localhost", 5001, tls=False), "localhost:5001", "localhost:5001"),
        ("http://10.0.0.1", Origin("10.0.0.1", 80, tls=False), "10.0.0.1", "10.0.0.1:80"),
        ("https://u:p@db.example/", Origin("db.example", 443, tls=True), "db.example", "db.example:443"),
        ("http://[fd00::1]:4001", Origin("fd00::1", 4001, tls=False), "[fd00::1]:4001", "[fd00::1]:4001"),
        ("http://bücher.example:1", Origin("xn--bcher-kva.example", 1, tls=False), "xn--bcher-kva.example:1", None),
    ],
)
def test_where_a_node_listens(url, origin, name, host):
    node = Node.read(url, None)
    assert (node.origin, node.name) == (origin, name)
    assert f"Host: {host or name}\r\n".encode() in node.head
    assert b"Authorization" not in node.head


@pytest.mark.parametrize(("given", "path"), [("", b""), ("/", b""), ("/a b/%7Ec/", b"/a%20b/%7Ec")])
def test_a_path_before_every_path(given, path):
    node = Node.read(f"http://h:1{given}", None)
    assert node.request("/status", None).startswith(b"GET " + path + b"/status HTTP/1.1\r\nHost: h:1\r\n")


def test_requests():
    node = Node.read("http://h:1", Credentials("gw", "sécret"))
    head = (
        b"Host: h:1\r\nAccept: */*\r\nAccept-Encoding: identity\r\nContent-Type: application/json\r\n"
        b"Authorization: Basic Z3c6c8OpY3JldA==\r\n"
    )
    assert node.request("/readyz?sync", None) == b"GET /readyz?sync HTTP/1.1\r\n" + head + b"\r\n"
    assert node.request("/db/execute", b"[]") == (
        b"POST /db/execute HTTP/1.1\r\n" + head + b"Content-Length: 2\r\n\r\n[]"
    )
    assert "sécret" not in repr(node)
    assert "Z3c6" not in repr(node)


def test_credentials_in_a_url():
    assert credentials_of(["http://h:1", "http://gw:s%C3%A9cret@h:2"]) == Credentials("gw", "sécret")
    assert credentials_of(["http://h:1"]) is None
