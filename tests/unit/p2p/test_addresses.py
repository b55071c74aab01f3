import socket

import pytest

from debros.p2p.addresses import ListenError, check_listen, peer_id, reachable, split_peer
from debros.p2p.protocol import P2PError

PEER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"


def test_split_peer():
    address, peer = split_peer(f"/ip6/::1/tcp/4001/p2p/{PEER}")
    assert (str(address), peer) == ("/ip6/::1/tcp/4001", PEER)
    address, peer = split_peer("/dns/example.org/tcp/4001")
    assert (str(address), peer) == ("/dns/example.org/tcp/4001", None)
    for bad in (
        "",
        "nonsense",
        f"/p2p/{PEER}",
        "/ip4/127.0.0.1/udp/1",
        "/ip4/300.0.0.1/tcp/1",
        "/ip4/127.0.0.1/tcp/1/p2p/x",
    ):
        with pytest.raises(P2PError) as caught:
            split_peer(bad)
        assert caught.value.code == "invalid_multiaddr"


def test_peer_ids():
    for good in (PEER, "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKRmBq"):
        assert str(peer_id(good)) == good
    for bad in ("", "x", "1", "11", "abc", PEER[:-1], PEER + "x", "not a peer id", "Qm" + "a" * 43):
        with pytest.raises(P2PError) as caught:
            peer_id(bad)
        assert caught.value.code == "invalid_peer_id", bad


def test_check_listen_says_what_is_wrong():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"another program uses port {port}"):
            check_listen([f"/ip4/127.0.0.1/tcp/{port}"])
    with pytest.raises(ListenError, match="does not have that address"):
        check_listen(["/ip4/192.0.2.1/tcp/4001"])  # RFC 5737: nobody's
    with pytest.raises(ListenError, match="/ip4 or /ip6"):
        check_listen(["/dns/localhost/tcp/4001"])
    check_listen(["/ip4/127.0.0.1/tcp/0", "/ip6/::1/tcp/0"])


@pytest.mark.parametrize(
    ("listening", "announce", "expected"),
    [
        (["/ip4/0.0.0.0/tcp/4001"], "203.0.113.5", "/ip4/203.0.113.5/tcp/4001"),
        (["/ip4/0.0.0.0/tcp/4001"], "203.0.113.5:5001", "/ip4/203.0.113.5/tcp/4001"),
        (["/ip4/0.0.0.0/tcp/4001"], "[2001:db8::1]:5001", "/ip6/2001:db8::1/tcp/4001"),
        (["/ip4/0.0.0.0/tcp/4001"], "2001:db8::1", "/ip6/2001:db8::1/tcp/4001"),
        (["/ip4/0.0.0.0/tcp/4001"], "node.example.org:5001", "/dns/node.example.org/tcp/4001"),
        (["/ip4/0.0.0.0/tcp/4001", "/ip4/198.51.100.7/tcp/4002"], "", "/ip4/198.51.100.7/tcp/4002"),
        (["/ip6/::1/tcp/4001"], "", "/ip6/::1/tcp/4001"),
    ],
)
def test_the_best_address_comes_first(listening, announce, expected):
    assert reachable(listening, announce)[0] == expected


def test_a_wildcard_becomes_an_address_of_this_machine():
    [address] = reachable(["/ip4/0.0.0.0/tcp/4001"])
    host = address.split("/")[2]
    assert host != "0.0.0.0"
    with socket.socket() as probe:
        probe.bind((host, 0))  # fails for an address that is not ours


def test_a_wildcard_without_a_route_counts_only_when_there_is_nothing_else(monkeypatch):
    routes = {False: "198.51.100.7", True: "::1"}
    monkeypatch.setattr("debros.p2p.addresses.outward_address", lambda *, ipv6=False: routes[ipv6])
    assert reachable(["/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001"]) == ["/ip4/198.51.100.7/tcp/4001"]
    assert reachable(["/ip6/::/tcp/4001"], "203.0.113.5") == ["/ip4/203.0.113.5/tcp/4001"]
    assert reachable(["/ip6/::/tcp/4001"]) == ["/ip6/::1/tcp/4001"]
    routes[False] = "127.0.0.1"
    alone = ["/ip4/127.0.0.1/tcp/4001", "/ip6/::1/tcp/4001"]
    assert reachable(["/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001"]) == alone
