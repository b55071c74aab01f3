import subprocess
import sys

import base58
import pytest

from debros.config import multiaddrs
from debros.config.addresses import PortError

PEER = base58.b58encode(bytes.fromhex("002408011220") + bytes(range(32))).decode()


def test_an_ed25519_peer_id_has_the_well_known_prefix():
    assert PEER.startswith(multiaddrs.PEER_ID_PREFIX)
    assert multiaddrs.is_peer_id(PEER)


@pytest.mark.parametrize(
    "text", ["", "12D3KooW", PEER[:-1], PEER + "a", "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", "0OIl", "é"]
)
def test_what_is_no_peer_id(text):
    assert not multiaddrs.is_peer_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "/ip4/127.0.0.1/tcp/4001",
        "/ip6/::1/tcp/4001",
        "/dns/example.com/tcp/4001",
        "/dns4/example.com/tcp/1",
        "/dns6/example.com/tcp/65535",
        f"/ip4/192.0.2.1/tcp/4001/p2p/{PEER}",
    ],
)
def test_addresses_print_as_they_were(text):
    assert str(multiaddrs.parse(text)) == text


def test_libp2p_reads_the_same_addresses():
    # In a process of its own: importing multiaddr is what the parser is there to avoid.
    code = f"from multiaddr import Multiaddr; print(Multiaddr('/ip6/::1/tcp/4001/p2p/{PEER}'))"
    answer = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == str(multiaddrs.parse(f"/ip6/0::1/tcp/4001/p2p/{PEER}"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "127.0.0.1:4001",
        "/ip4/127.0.0.1",
        "/ip4/127.0.0.1/udp/4001",
        "/ip4/300.0.0.1/tcp/4001",
        "/ip4/::1/tcp/4001",
        "/ip6/127.0.0.1/tcp/4001",
        "/ip6/fe80::1%eth0/tcp/4001",
        "/dns/-a-/tcp/4001",
        "/ip4/127.0.0.1/tcp/abc",
        "/ip4/127.0.0.1/tcp/",
        "/ip4/127.0.0.1/tcp/4001/",
        "/ip4/127.0.0.1/tcp/4001/p2p",
        "/ip4/127.0.0.1/tcp/4001/p2p/<YOUR_BOOTSTRAP_PEER_ID>",
        f"/ip4/127.0.0.1/tcp/4001/ipfs/{PEER}",
        "ip4/127.0.0.1/tcp/4001",
    ],
)
def test_what_is_no_multiaddr(text):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- callers put it into words
        multiaddrs.parse(text)
    assert not isinstance(caught.value, PortError)


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_port_out_of_range_is_told_apart(port):
    with pytest.raises(PortError, match=port):
        multiaddrs.parse(f"/ip4/127.0.0.1/tcp/{port}")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", "/ip4/192.0.2.1/tcp/4001"),
        ("::1", "/ip6/::1/tcp/4001"),
        ("[2001:DB8::0]", "/ip6/2001:db8::/tcp/4001"),
        ("boot.example.com", "/dns/boot.example.com/tcp/4001"),
    ],
)
def test_a_bare_host_becomes_a_multiaddr(host, address):
    assert str(multiaddrs.from_host(host, 4001)) == address


@pytest.mark.parametrize("text", ["", "a b", "host:4001", PEER, "1.2.3"])
def test_what_is_no_bare_host(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- callers put it into words
        multiaddrs.from_host(text, 4001)
