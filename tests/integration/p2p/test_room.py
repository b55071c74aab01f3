"""A node whose places are all taken: strangers wait outside, members do not. And less waits for a stranger."""

from contextlib import AsyncExitStack, asynccontextmanager, suppress

import trio

from debros.p2p import workarounds

workarounds.apply_all()

from debros.p2p.network import Network  # noqa: E402 - after the workarounds
from debros.p2p.protocol import P2PError  # noqa: E402 - see above
from testkit.networks import eventually, identity  # noqa: E402 - see above

PLACES = 3


@asynccontextmanager
async def crowd(*members, count=PLACES):
    """A node with all its places taken by peers that came one after the other."""
    node = Network(identity(), listen=["/ip4/127.0.0.1/tcp/0"], max_connections=PLACES)
    node.is_member = lambda peer: peer in members
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(node.run())
        register = node._host._network.connections
        node.most = lambda: sum(map(len, register.values()))
        node.guests = [await stack.enter_async_context(guest(node)) for _ in range(count)]
        yield node


@asynccontextmanager
async def guest(node, who=None):
    made = Network(who or identity())
    async with made.run():
        await made.connect(node.addresses()[0])
        await eventually(lambda: node._host.is_connected(made.peer_id))
        yield made


def test_a_member_gets_the_place_of_the_stranger_who_came_last():
    async def main():
        member = identity()
        async with crowd(member.peer_id) as node, guest(node, member):
            assert node.most() == PLACES
            assert set(node._host.connected()) == {member.peer_id, *(one.peer_id for one in node.guests[:-1])}
            await eventually(lambda: not node.guests[-1].peer_count())

    trio.run(main)


def test_a_stranger_is_refused_and_nobody_goes():
    async def main():
        async with crowd() as node:
            before = set(node._host.connected())
            stranger = Network(identity())
            async with stranger.run():
                # It may learn of it only by being hung up on: the dialer of Noise speaks last.
                with suppress(P2PError):
                    await stranger.connect(node.addresses()[0])
                await eventually(lambda: not stranger.peer_count())
            assert set(node._host.connected()) == before

    trio.run(main)


def test_a_member_is_refused_where_all_are_members():
    async def main():
        members = [identity() for _ in range(PLACES + 1)]
        async with crowd(*(one.peer_id for one in members), count=0) as node, AsyncExitStack() as stack:
            for one in members[:-1]:
                await stack.enter_async_context(guest(node, one))
            late = Network(members[-1])
            await stack.enter_async_context(late.run())
            with suppress(P2PError):
                await late.connect(node.addresses()[0])
            await eventually(lambda: not late.peer_count())
            assert set(node._host.connected()) == {one.peer_id for one in members[:-1]}

    trio.run(main)


def test_a_node_that_dials_its_bootstrap_peer_makes_room_as_well():
    async def main():
        bootstrap = Network(identity(), listen=["/ip4/127.0.0.1/tcp/0"])
        async with bootstrap.run(), crowd(bootstrap.peer_id) as node:
            await node.connect(bootstrap.addresses()[0])
            assert node.most() == PLACES
            assert node._host.is_connected(bootstrap.peer_id)

    trio.run(main)


def test_less_is_kept_for_a_stranger_until_it_is_a_member():
    async def main():
        members = set()
        async with crowd(count=0) as node, guest(node) as peer:
            node.is_member = members.__contains__
            queues = node._pubsub._pubsub.peer_queues
            await eventually(lambda: len(queues) == 1)
            (queue,) = queues.values()
            assert not queue.of_member()
            members.add(peer.peer_id)
            assert queue.of_member()

    trio.run(main)
