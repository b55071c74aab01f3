"""Each defect of libp2p that could stop or silence a node, provoked."""

import secrets
import signal
import socket
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
import trio
from libp2p.custom_types import TProtocol
from libp2p.identity.identify.pb.identify_pb2 import Identify
from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11
from libp2p.pubsub.pb import rpc_pb2
from libp2p.utils import encode_varint_prefixed
from multiaddr import Multiaddr

from debros.identity import Identity
from debros.p2p import workarounds
from debros.p2p.network import Network
from debros.p2p.protocol import P2PError
from debros.p2p.workarounds.forgetting import MAX_PROTOCOLS
from testkit.endurance.rogues import ATTACKS, TOPIC, ignore_flow_control
from testkit.nodes import eventually, path_opens

workarounds.apply_all()

LISTEN = ["/ip4/127.0.0.1/tcp/0"]


def identity():
    return Identity.from_seed(secrets.token_bytes(32))


@asynccontextmanager
async def network(*bootstrap_peers, listen=LISTEN, **settings):
    made = Network(identity(), listen=listen, bootstrap_peers=bootstrap_peers, **settings)
    made.heard = []
    made.on_message = lambda *message: made.heard.append(message[1])
    async with made.run():
        yield made


async def wait_for(condition, seconds=120):
    with trio.fail_after(seconds):
        while not condition():  # noqa: ASYNC110 - libp2p has no events for this
            await trio.sleep(0.02)


async def delivers(publisher, subscriber):
    """A message of one reaches the other."""
    subscriber.heard.clear()
    await subscriber.follow(TOPIC)
    with trio.fail_after(120):
        while not subscriber.heard:
            await publisher.publish(TOPIC, b"probe")
            await trio.sleep(0.1)


def port_of(node):
    return int(node.addresses()[0].split("/")[4])


def test_inbound_slots_are_given_back():
    # Upstream accepts max_connections inbound connections in the life of a process.
    async def main():
        async with network(max_connections=4) as node:
            for _ in range(12):
                async with network() as visitor:
                    await visitor.connect(node.addresses()[0])
                    await wait_for(lambda: node.peer_count() == 1)
                await wait_for(lambda: node.peer_count() == 0)

    trio.run(main)


def test_max_connections_is_a_limit():
    async def main():
        async with network(max_connections=3) as node, AsyncExitStack() as visitors:
            for _ in range(6):
                visitor = await visitors.enter_async_context(network())
                with suppress(P2PError):
                    await visitor.connect(node.addresses()[0])
                assert node.peer_count() <= 3
            assert node.peer_count() == 3

    trio.run(main)


def test_half_open_connections_lock_nobody_out():
    async def main():
        async with network() as node:
            flood = []
            for _ in range(300):
                half_open = socket.socket()
                half_open.bind(("127.0.0.2", 0))  # another address than the honest peer's
                half_open.setblocking(False)
                half_open.connect_ex(("127.0.0.1", port_of(node)))
                flood.append(half_open)
            await trio.sleep(0.5)
            async with network() as visitor:
                await visitor.connect(node.addresses()[0])
                await wait_for(lambda: node.peer_count() == 1)
            for half_open in flood:
                half_open.close()

    trio.run(main)


def test_only_noise_is_spoken():
    async def main():
        async with network() as node:
            for offered in (b"/plaintext/2.0.0\n", b"/secio/1.0.0\n", b"/tls/1.0.0\n"):
                stream = await trio.open_tcp_stream("127.0.0.1", port_of(node))
                hello = b"/multistream/1.0.0\n"
                await stream.send_all(bytes([len(hello)]) + hello + bytes([len(offered)]) + offered)
                answer = b""
                with trio.fail_after(120):
                    while b"na\n" not in answer:
                        answer += await stream.receive_some(1000) or pytest.fail("hung up")
                assert offered not in answer
                await stream.aclose()

    trio.run(main)


async def provoke_a_handlers_bug(host, peer):
    stream = await host.new_stream(peer, [TProtocol("/raises/1")])
    await stream.write(b"x")


def test_no_peer_can_stop_the_node():
    async def raises(stream):
        await stream.read(1)
        raise RuntimeError("a handler's bug")

    async def main():
        async with network() as node, network(node.addresses()[0]) as friend:
            node._host.libp2p.set_stream_handler(TProtocol("/raises/1"), raises)
            await delivers(node, friend)
            await node.follow(TOPIC)
            for attack in (provoke_a_handlers_bug, *ATTACKS):
                async with network() as attacker:
                    await attacker.connect(node.addresses()[0])
                    with suppress(Exception):  # the node may hang up on the attacker at any time
                        await attack(attacker._host.libp2p, ID.from_string(node.peer_id))
                    await trio.sleep(0.3)
                await delivers(friend, node)
                await delivers(node, friend)
            assert node._host.is_connected(friend.peer_id)

    trio.run(main)


def test_an_address_that_a_stranger_told_is_not_dialed():
    # Upstream dials whatever is in its peer store while it has less than half of its connections.
    async def main():
        async with network() as node, network() as stranger:
            await stranger.connect(node.addresses()[0])
            await wait_for(lambda: node._host.announced_by(stranger.peer_id) == [told(stranger)])
            await stranger.disconnect(node.peer_id)
            await wait_for(lambda: node.peer_count() == 0)
            stranger._host.turned_away.remove(node.peer_id)  # it would be let in
            connector = node._host._network.auto_connector
            connector._started = True
            node._host.libp2p.get_peerstore().add_addrs(
                ID.from_string(stranger.peer_id), [Multiaddr(told(stranger))], ttl=7200
            )  # as if it had not been forgotten
            await connector.maybe_connect()
            assert node.peer_count() == 0
            await node.connect(stranger.addresses()[0])  # by an operator
            assert node.peer_count() == 1

    def told(other):
        return other.addresses()[0].partition("/p2p/")[0]

    trio.run(main)


def test_what_a_peer_says_of_itself_is_bounded_and_forgotten():
    # Upstream stores all of it, for a thousand peers that have gone, and their ids for ever.
    told = Identify(protocols=[f"/{number}" for number in range(50_000)], listen_addrs=[bytes(300_000)])

    async def boast(node, store):
        async with network() as boaster:
            peer = ID.from_string(boaster.peer_id)
            await boaster.connect(node.addresses()[0])
            # Identify, which the node asks for, comes first.
            await wait_for(lambda: node._host.announced_by(boaster.peer_id))
            push = [TProtocol("/ipfs/id/push/1.0.0")]
            stream = await boaster._host.libp2p.new_stream(ID.from_string(node.peer_id), push)
            await stream.write(encode_varint_prefixed(told.SerializeToString()))
            await wait_for(lambda: "/99" in store.get_protocols(peer))
            assert len(store.get_protocols(peer)) == MAX_PROTOCOLS
        await wait_for(lambda: node.peer_count() == 0)
        await wait_for(lambda: not store.has_peer(peer))

    async def main():
        async with network() as node:
            store = node._host.libp2p.get_peerstore()
            before = len(store.peer_data_map)
            for _ in range(3):
                await boast(node, store)
            assert len(store.peer_data_map) == before
            assert not node._host._network.auto_connector._recent_disconnects

    trio.run(main)


def test_a_long_list_of_topics_starts_no_tasks():
    # Upstream starts three for each topic.
    async def main():
        async with network() as node, network() as follower:
            await follower.connect(node.addresses()[0])
            await node.follow(TOPIC)
            subscriptions = [rpc_pb2.RPC.SubOpts(subscribe=True, topicid=f"t{number}") for number in range(4000)]
            pubsub, most = node._pubsub._pubsub, 0
            last = pubsub._on_subscription

            def count(topic):
                nonlocal most
                most = max(most, trio.lowlevel.current_statistics().tasks_living)
                last(topic)

            pubsub._on_subscription = count
            stream = await follower._host.libp2p.new_stream(ID.from_string(node.peer_id), [PROTOCOL_ID_V11])
            await stream.write(encode_varint_prefixed(rpc_pb2.RPC(subscriptions=subscriptions).SerializeToString()))
            await wait_for(lambda: "t3999" in pubsub.peer_topics)
            assert most < 1000
            await delivers(node, follower)

    trio.run(main)


def names_in(value, depth=4):
    """The names of topics to be forgotten that are somewhere in a value."""
    if isinstance(value, str):
        return {value} if "::gone::" in value else set()
    if isinstance(value, dict):
        parts = (*value.keys(), *value.values())
    elif isinstance(value, set | frozenset | list | tuple):
        parts = tuple(value)
    else:
        parts = tuple(vars(value).values()) if type(value).__module__.startswith("libp2p.pubsub.score") else ()
    return set().union(*(names_in(part, depth - 1) for part in parts)) if depth else set()


def remembered(node):
    pubsub, router = vars(node._pubsub._pubsub), vars(node._pubsub._router)
    return [name for part in (pubsub, router) for name, value in part.items() if names_in(value)]


def test_a_topic_that_was_left_leaves_nothing_behind():
    # Upstream scores peers by topic, in tables from which nothing is taken.
    async def main():
        async with network(topic_linger=1) as node, network(node.addresses()[0], topic_linger=1) as friend:
            topics = [f"ns::gone::{number}" for number in range(20)]
            for topic in topics:
                await node.follow(topic)
                await friend.follow(topic)
            await wait_for(lambda: all(topic in friend._pubsub._router.mesh for topic in topics))
            for topic in topics:
                await node.publish(topic, b"x")
            await wait_for(lambda: len(friend.heard) >= len(topics))
            for topic in topics:
                await node.unfollow(topic)
                await friend.unfollow(topic)
            # The messages' cache and the time in which a peer may not come back are a few heartbeats.
            await wait_for(lambda: not remembered(node) and not remembered(friend))

    trio.run(main)


def test_who_ignores_flow_control_is_hung_up_on():
    # Upstream keeps whatever is sent: 195 MB became 185 MB of memory.
    async def main():
        async with network() as node, network() as attacker:
            await attacker.connect(node.addresses()[0])
            await wait_for(lambda: node.peer_count() == 1)
            with suppress(Exception):  # it is hung up on while it sends
                await ignore_flow_control(attacker._host.libp2p, ID.from_string(node.peer_id))
            await wait_for(lambda: node.peer_count() == 0)

    trio.run(main)


def test_messages_of_a_peer_do_not_overtake_each_other():
    # Upstream starts a task per message, and trio starts tasks in random order.
    async def main():
        async with network() as node, network(node.addresses()[0]) as friend:
            await delivers(node, friend)
            await trio.sleep(1)
            friend.heard.clear()
            sent = [str(number).encode() for number in range(3000)]
            for data in sent:
                await node.publish(TOPIC, data)
            await wait_for(lambda: len(friend.heard) >= len(sent))
            assert friend.heard == sent

    trio.run(main)


def test_what_changes_while_a_peer_is_greeted_is_told_to_it():
    # Upstream composes the hello, writes it, and only then registers the peer for announcements.
    async def main():
        async with network() as one, network() as other:
            pubsub = other._pubsub._pubsub
            composed, go_on = trio.Event(), trio.Event()
            new_stream = pubsub.host.new_stream

            async def slow_stream(peer, protocols):
                stream = await new_stream(peer, protocols)
                write = stream.write

                async def slow_write(data):
                    composed.set()
                    await go_on.wait()
                    await write(data)

                if PROTOCOL_ID_V11 in protocols:
                    stream.write = slow_write
                return stream

            pubsub.host.new_stream = slow_stream
            await other._pubsub.join("ns::shop::left")
            await other.connect(one.addresses()[0])
            with trio.fail_after(120):
                await composed.wait()
            await other.follow(TOPIC)
            await other._pubsub.leave("ns::shop::left")
            go_on.set()
            await wait_for(lambda: one._pubsub.followers(TOPIC))
            await wait_for(lambda: not one._pubsub.followers("ns::shop::left"))

    trio.run(main)


def test_a_late_subscriber_gets_the_last_seconds_in_order_and_before_anything_new():
    async def main():
        async with network() as node, network(node.addresses()[0]) as friend:
            await node.follow(TOPIC)
            await wait_for(lambda: node.peer_count() == 1)
            sent = [str(number).encode() for number in range(300)]
            # Two heartbeats, here rather than by the clock: what is older than three is not replayed.
            cache = node._pubsub._router.mcache
            heartbeat, cache.shift = cache.shift, lambda: None
            for number, data in enumerate(sent[:200], 1):
                await node.publish(TOPIC, data)
                if number % 100 == 0:
                    heartbeat()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(friend.follow, TOPIC)
                for data in sent[200:]:
                    await node.publish(TOPIC, data)
                    await trio.sleep(0.002)
            await wait_for(lambda: len(friend.heard) >= 300)
            assert friend.heard == sent

    trio.run(main)


def test_a_peer_that_dials_again_has_lost_its_older_connection():
    async def main():
        async with network() as node:
            same = identity()
            async with AsyncExitStack() as twins:
                for _ in range(2):
                    twin = Network(same, listen=LISTEN)
                    await twins.enter_async_context(twin.run())
                    await twin.connect(node.addresses()[0])
                connections = node._host._network.get_connections
                await wait_for(lambda: len(connections(ID.from_string(same.peer_id))) == 1)

    trio.run(main)


async def test_a_peer_that_dials_again_while_frozen_is_not_deaf(nodes, clients):
    first = nodes().start()
    frozen = nodes([first.address]).start()
    publisher, subscriber = await clients(first), await clients(frozen)
    await subscriber.subscribe(TOPIC)
    await path_opens(publisher, subscriber, TOPIC)
    frozen.process.send_signal(signal.SIGSTOP)
    twin = nodes([first.address])
    (twin.home / "data").mkdir()
    key = (frozen.home / "data" / "identity.key").read_bytes()
    (twin.home / "data" / "identity.key").write_bytes(key)
    (twin.home / "data" / "identity.key").chmod(0o600)
    twin.start()
    assert twin.peer_id == frozen.peer_id
    awake = await clients(twin)
    await awake.subscribe(TOPIC)
    await path_opens(publisher, awake, TOPIC)
    await publisher.publish(TOPIC, b"hello")
    await eventually(lambda: awake.payloads(TOPIC) == [b"hello"])
    frozen.kill()
