"""Peer exchange between real libp2p hosts, and with a peer that answers what it likes."""

import asyncio
import contextlib
import gc
import json
import secrets
from contextlib import asynccontextmanager

import pytest
import trio

from debros.identity import Identity
from debros.p2p import workarounds

workarounds.apply_all()

from libp2p.peer.id import ID  # noqa: E402 - after the workarounds

from debros.p2p import exchange  # noqa: E402 - see above
from debros.p2p.exchange import PROTOCOL, Exchange, ExchangeError  # noqa: E402 - see above
from debros.p2p.host import Host  # noqa: E402 - see above
from debros.p2p.network import Network  # noqa: E402 - see above
from testkit.networks import eventually  # noqa: E402 - see above

LISTEN = "/ip4/127.0.0.1/tcp/0"


@asynccontextmanager
async def network(*bootstrap_peers, listen=LISTEN, identity=None, **settings):
    made = Network(
        identity or Identity.from_seed(secrets.token_bytes(32)),
        listen=[listen],
        bootstrap_peers=bootstrap_peers,
        **{"discovery_interval": 0.5} | settings,
    )
    async with made.run():
        yield made


def connected(node):
    return {peer.id for peer in node.peers() if peer.connected}


def test_two_that_know_only_the_first_find_each_other():
    async def main():
        async with network() as first:
            address = first.addresses()[0]
            async with network(address) as second, network(address) as third:
                await eventually(lambda: connected(second) == {first.peer_id, third.peer_id})
                await eventually(lambda: connected(third) == {first.peer_id, second.peer_id})

    trio.run(main)


async def test_processes_find_each_other(nodes, clients):
    first = nodes(discovery_interval="1s").start()
    second = nodes([first.address], discovery_interval="1s").start()
    third = nodes([first.address], discovery_interval="1s").start()
    client = await clients(second)

    async def met():
        return {peer.id for peer in await client.peers() if peer.connected} == {first.peer_id, third.peer_id}

    async with asyncio.timeout(120):
        while not await met():  # noqa: ASYNC110 - another process, which has to be asked
            await asyncio.sleep(0.1)


# libp2p forgets the socket of a dial whose handshake is cut off by the end of the other side; the collector closes it.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
def test_a_node_that_has_moved_is_found_again():
    async def main():
        moving = Identity.from_seed(secrets.token_bytes(32))
        async with network() as first:
            address = first.addresses()[0]
            async with network(address) as second:
                async with network(address, identity=moving) as third:
                    await eventually(lambda: moving.peer_id in connected(second))
                    before = third.addresses()[0]
                await eventually(lambda: moving.peer_id not in connected(second))
                # It asks nobody itself, so the others have to find it.
                async with network(address, identity=moving, discovery_interval=3600) as third:
                    assert third.addresses()[0] != before
                    await eventually(lambda: moving.peer_id in connected(second))

    trio.run(main)
    gc.collect()  # here, not in the test that comes next


def test_who_does_no_discovery_neither_asks_nor_tells():
    async def main():
        async with network() as first:
            address = first.addresses()[0]
            async with network(address) as second, network(address, discovery_interval=None) as alone:
                await eventually(lambda: alone.peer_id in connected(second))  # found, and dialed
                with pytest.raises(ExchangeError):
                    await second._discovery._asker.ask(alone.peer_id)

    trio.run(main)


def test_max_connections_is_a_limit():
    async def main():
        async with network(max_connections=2) as full, contextlib.AsyncExitStack() as stack:
            others = [await stack.enter_async_context(network(discovery_interval=None)) for _ in range(5)]
            for other in others:
                with contextlib.suppress(Exception):
                    await other.connect(full.addresses()[0])
            await trio.sleep(1)  # what is refused is hung up on by now
            assert full.peer_count() == 2
            assert sum(other.peer_count() for other in others) == 2

    trio.run(main)


@asynccontextmanager
async def pair(serve):
    """An exchange whose only peer serves the protocol with `serve(stream)`; and that peer's id."""
    asking, answering = (Host(Identity.from_seed(secrets.token_bytes(32)), listen=[LISTEN]) for _ in range(2))
    answering.libp2p.set_stream_handler(PROTOCOL, serve)
    async with asking.run(), answering.run():
        await asking.connect(answering.addresses()[0])
        yield Exchange(asking), answering.peer_id


def answer(data, *, rest=0.0):
    async def serve(stream):
        await stream.read(1024)
        for start in range(0, len(data), 16384):
            await stream.write(data[start : start + 16384])
        await trio.sleep(rest)
        await stream.close()

    return serve


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"garbage\n",
        b"\xff" * 100,
        b"[]\n",
        b'{"peers": {}}\n',
        b'{"peers": [{"addrs": []}]}\n',
        b'{"peers": [{"id": "x", "addrs": [5]}]}\n',
        b"[" * 100_000,
        b"x" * 1_000_000,
        json.dumps({"peers": [{"id": "x", "addrs": []}] * 2000}).encode(),
    ],
    ids=range(11),
)
def test_garbage_is_an_error_and_costs_nothing_else(data):
    async def main():
        async with pair(answer(data)) as (asking, peer):
            for _ in range(3):
                with pytest.raises(ExchangeError):
                    await asking.ask(peer)

    trio.run(main)


def test_a_slow_answer_is_given_up(monkeypatch):
    monkeypatch.setattr(exchange, "TIMEOUT", 0.5)

    async def main():
        async with pair(answer(b'{"peers": [', rest=600)) as (asking, peer):
            with pytest.raises(ExchangeError, match="no answer within"):
                await asking.ask(peer)

    trio.run(main)


def test_more_than_was_asked_for_is_cut():
    told = {"peers": [{"id": str(number), "addrs": [], "more": 1} for number in range(500)], "more": 2}

    async def main():
        async with pair(answer(json.dumps(told).encode() + b"\nand more")) as (asking, peer):
            assert [one.id for one in await asking.ask(peer, 20)] == [str(number) for number in range(20)]

    trio.run(main)


@pytest.mark.parametrize(
    ("request_", "answered"),
    [
        (b'{"limit": 5}\n', True),  # as Go's encoder ends it: the stream stays open
        (b"{}\n", True),
        (b'{"limit": 0}\n', True),
        (b'{"limit": 999999}\n', True),
        (b'{"limit": -1}\n', False),
        (b'{"limit": "x"}\n', False),
        (b"\n", False),
        (b"x" * 5000, False),
        (b"\xff\xfe\n", False),
    ],
)
def test_requests_right_and_wrong(request_, answered):
    async def main():
        async with network() as node, network(node.addresses()[0], discovery_interval=None) as other:
            asking = Host(Identity.from_seed(secrets.token_bytes(32)))
            async with asking.run():
                await asking.connect(node.addresses()[0])
                await eventually(lambda: node.peer_count() == 2 and node._host.announced_by(other.peer_id))
                stream = await asking.libp2p.new_stream(ID.from_string(node.peer_id), [PROTOCOL])
                await stream.write(request_)
                data = b""
                with trio.fail_after(60), contextlib.suppress(Exception):
                    while b"\n" not in data:
                        data += await stream.read(65536)
                assert data.endswith(b"\n") == answered
                if answered and b'"limit": 0' not in request_:
                    (told,) = json.loads(data)["peers"]
                    assert told == {"id": other.peer_id, "addrs": [other.addresses()[0].partition("/p2p/")[0]]}
                await asking.connect(node.addresses()[0])  # still there
                assert node.peer_count() == 2

    trio.run(main)
