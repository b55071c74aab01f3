"""Pings: who does not answer is hung up on, and nobody else; rounds of the health monitor are begun by hand."""

import secrets
from contextlib import asynccontextmanager

import trio
from libp2p.custom_types import TProtocol

from debros.identity import Identity
from debros.p2p import workarounds

workarounds.apply_all()

from debros.p2p.host import Host  # noqa: E402 - after the workarounds

PING = TProtocol("/ipfs/ping/1.0.0")


@asynccontextmanager
async def host(*, listen=()):
    made = Host(Identity.from_seed(secrets.token_bytes(32)), listen=listen)
    async with made.run():
        yield made


@asynccontextmanager
async def pinging():
    """A host that pings when it is told to, and has an hour's patience."""
    async with host(listen=["/ip4/127.0.0.1/tcp/0"]) as node:
        config = node._network.connection_config
        config.health_warmup_window, config.ping_timeout = 0, 3600
        config.health_check_interval = 3600
        yield node


async def visit(visitor, node):
    await visitor.connect(node.addresses()[0])
    with trio.fail_after(120):
        while not node.is_connected(visitor.peer_id):  # noqa: ASYNC110 - libp2p has no event for it
            await trio.sleep(0.02)
    monitor = node._network._health_monitor
    for connection in node._network.get_connections(visitor.libp2p.get_id()):
        node._network.initialize_connection_health(visitor.libp2p.get_id(), connection)
    return monitor


def counted(visitor, answer):
    """Let `answer(number, stream)` serve the visitor's pings; return the numbers of those that came."""
    came = []

    async def serve(stream):
        came.append(len(came))
        await answer(came[-1], stream)

    visitor.libp2p.set_stream_handler(PING, serve)
    return came


async def echo(stream):
    await stream.write(await stream.read(32))


def test_one_lost_ping_is_no_reason_to_hang_up():
    async def lose_the_first(number, stream):
        await (echo(stream) if number else stream.reset())

    async def main():
        async with pinging() as node, host() as visitor:
            came = counted(visitor, lose_the_first)
            monitor = await visit(visitor, node)
            await monitor._check_all_connections()
            assert came == [0, 1]
            assert node.is_connected(visitor.peer_id)

    trio.run(main)


def test_who_answers_no_ping_is_hung_up_on():
    async def main():
        async with pinging() as node, host() as visitor:
            came = counted(visitor, lambda _number, stream: stream.reset())
            monitor = await visit(visitor, node)
            await monitor._check_all_connections()
            assert came == [0, 1]
            assert not node.is_connected(visitor.peer_id)

    trio.run(main)


def test_who_keeps_silent_holds_up_nobody_elses_ping():
    async def never(_number, _stream):
        await trio.sleep_forever()

    async def answer(_number, stream):
        await echo(stream)

    async def main():
        async with pinging() as node, host() as silent, host() as other, trio.open_nursery() as nursery:
            asked, answered = counted(silent, never), counted(other, answer)
            await visit(silent, node)
            monitor = await visit(other, node)
            nursery.start_soon(monitor._check_all_connections)
            with trio.fail_after(120):
                while not (asked and answered):  # noqa: ASYNC110 - libp2p has no event for it
                    await trio.sleep(0.02)
            nursery.cancel_scope.cancel()

    trio.run(main)
