"""The kinds of addresses a bootstrap peer may be given by."""

import secrets
import socket
from contextlib import asynccontextmanager

import pytest
import trio

from debros.identity import Identity
from debros.p2p import workarounds
from debros.p2p.network import Network
from debros.p2p.protocol import P2PError

workarounds.apply_all()


@asynccontextmanager
async def network(listen, *bootstrap_peers):
    made = Network(Identity.from_seed(secrets.token_bytes(32)), listen=[listen], bootstrap_peers=bootstrap_peers)
    async with made.run():
        yield made


def connects(listen, address):
    """A node that listens on `listen` is reached by `address(port, peer_id)`."""

    async def main():
        async with network(listen) as node:
            port = int(node.addresses()[0].split("/")[4])
            async with network("/ip4/127.0.0.1/tcp/0", address(port, node.peer_id)) as other:
                with trio.fail_after(120):
                    while not (other.peer_count() and node.peer_count()):  # noqa: ASYNC110 - libp2p has no event for it
                        await trio.sleep(0.02)
                assert [peer.id for peer in node.peers()] == [other.peer_id]

    trio.run(main)


def test_ip4():
    connects("/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/tcp/{}/p2p/{}".format)


def test_a_bare_host_is_asked_for_its_peer_id():
    connects("/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/tcp/{}".format)


def test_a_name():
    connects("/ip4/127.0.0.1/tcp/0", "/dns4/localhost/tcp/{}/p2p/{}".format)
    connects("/ip4/127.0.0.1/tcp/0", "/dns4/localhost/tcp/{}".format)
    connects("/ip4/127.0.0.1/tcp/0", "/dns/localhost/tcp/{}".format)


def test_a_wildcard():
    connects("/ip4/0.0.0.0/tcp/0", "/ip4/127.0.0.1/tcp/{}/p2p/{}".format)


def test_ip6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    connects("/ip6/::1/tcp/0", "/ip6/::1/tcp/{}/p2p/{}".format)
    connects("/ip6/::1/tcp/0", "/ip6/::1/tcp/{}".format)


def test_another_peer_behind_the_address_is_refused():
    async def main():
        async with network("/ip4/127.0.0.1/tcp/0") as node, network("/ip4/127.0.0.1/tcp/0") as other:
            stranger = Identity.from_seed(secrets.token_bytes(32)).peer_id
            with pytest.raises(P2PError) as caught:
                await other.connect(node.addresses()[0].replace(node.peer_id, stranger))
            assert caught.value.code == "other_peer"
            address = node.addresses()[0].partition("/p2p/")[0]
            assert caught.value.message == (
                f"{address}: the peer there is {node.peer_id}; correct the peer id or the address"
            )
            assert other.peer_count() == 0
            await other.connect(node.addresses()[0])  # the failure did not block the address

    trio.run(main)
