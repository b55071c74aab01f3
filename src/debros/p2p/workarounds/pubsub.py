"""Pubsub: messages in order, sequence numbers that survive a restart, peers that are not forgotten.

* Each received message gets a task of its own, and trio starts tasks in random order: messages of one publisher
  overtake each other. Here a stream's messages are handled one after the other.
* Sequence numbers start at the time in whole seconds, so after a busy second a restarted process repeats numbers
  and its messages are dropped as duplicates (2,000 sent, restart: 0 of 50 delivered). They start in nanoseconds.
* Malformed input raises through `continuously_read_stream` and ends the process; here it ends the stream.
* A topic followed or left while a new peer's hello is being written stands neither in the hello nor is it announced
  to that peer, which is not registered yet: the two never hear each other (1 of 60 at a random moment of the dial).
* When a stream to a connected peer fails, upstream forgets what the peer subscribed to, for good.
* Three tasks are started for each topic of a peer's list, 49,000 for the longest; here one for each we follow.
* Local subscriptions drop beyond 32 waiting messages; here a message goes straight to `on_message`.
"""

import time
from collections.abc import Callable
from typing import Any, Final

import trio
from libp2p.peer.id import ID
from libp2p.pubsub import pubsub as upstream
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.validators import signature_validator

from debros import logs
from debros.p2p.workarounds.frames import MessageStream
from debros.p2p.workarounds.queues import MAX_RPC_BYTES, Queues

_log = logs.get(__name__)

# Longer names are not ours (the contract: 63 for a namespace, 256 for a topic) and would only fill memory; a relay's
# marker (`distances`) is longer than its topic, and must be heard too.
MAX_TOPIC_BYTES: Final = 1024
# A busy gateway follows one topic per room; upstream's 100 would silence the rest.
MAX_TOPICS_PER_PEER: Final = 16_384


class Pubsub(upstream.Pubsub):
    """Upstream's Pubsub with the defects above mended.

    Args:
        host: the libp2p host.
        router: the `gossip.Router`.
        on_message: called with every message of a topic we follow, except our own; must not block.
        on_subscription: called with the topic whenever what a peer follows may have changed.
        accepts: asked about every message of others whose signature is good; what it refuses is not passed on either.
        is_member: whether a peer is of the cluster; less is kept for others.
    """

    def __init__(
        self,
        host: Any,
        router: Any,
        on_message: Callable[[rpc_pb2.Message], None],
        on_subscription: Callable[[str], None],
        accepts: Callable[[rpc_pb2.Message], bool],
        is_member: Callable[[ID], bool] = lambda _peer: True,
    ) -> None:
        super().__init__(
            host,
            router,
            strict_signing=True,
            max_inbound_rpc_size=MAX_RPC_BYTES,
            max_subscriptions_per_peer=MAX_TOPICS_PER_PEER,
            max_subscriptions_per_rpc=MAX_TOPICS_PER_PEER,
        )
        self.peer_queues = Queues(is_member)
        self.counter = time.time_ns()
        self.announced: set[str] = set()  # names announced like topics without following them; see `announce`
        self._told: dict[trio.lowlevel.Task, set[str]] = {}  # by the task that greets: what its hello said
        self._on_message = on_message
        self._on_subscription = on_subscription
        self._accepts = accepts

    async def announce(self, name: str, *, on: bool) -> None:
        """Tell all peers, present and future, that we are (or no longer are) subscribed to `name`; receive nothing."""
        if (name in self.announced) == on:
            return
        (self.announced.add if on else self.announced.discard)(name)
        packet, option = self._build_announce_rpc(name, on)
        await self.message_all_peers(packet.SerializeToString(), announce=option)

    def _announce_state_matches(self, topic_id: str, subscribe: bool) -> bool:  # noqa: FBT001 - upstream's signature
        return subscribe == (topic_id in self.subscribed_topics_receive or topic_id in self.announced)

    def get_hello_packet(self) -> rpc_pb2.RPC:
        """What a new peer hears first: everything we follow and announce."""
        packet = super().get_hello_packet()
        packet.subscriptions.extend(rpc_pb2.RPC.SubOpts(subscribe=True, topicid=name) for name in self.announced)
        self._told[trio.lowlevel.current_task()] = {option.topicid for option in packet.subscriptions}
        return packet

    async def _handle_new_peer(self, peer_id: Any) -> None:
        """Greet a peer, then tell it what has changed since its hello was composed."""
        task = trio.lowlevel.current_task()
        try:
            await super()._handle_new_peer(peer_id)
        finally:
            told = self._told.pop(task, None)
        queue = self.peer_queues.get(peer_id)
        if told is None or queue is None:
            return  # somebody else greeted it, or it is gone already
        for name in told ^ (set(self.subscribed_topics_receive) | self.announced):
            packet, option = self._build_announce_rpc(name, name not in told)
            self._enqueue_or_retry_announce(peer_id, queue, packet, option)

    async def stream_handler(self, stream: Any) -> None:
        """Serve a peer's inbound stream until it ends; its failures stay its own."""
        peer = stream.muxed_conn.peer_id
        self._forget_all_subscriptions(peer)  # a new stream opens with the peer's complete list
        try:
            await self.continuously_read_stream(stream)
        except Exception as error:  # noqa: BLE001 - a peer can send anything
            _log.info("pubsub stream failed", peer=str(peer), error=repr(error))
            await self._reset(stream)
            self._handle_dead_peer(peer)

    async def continuously_read_stream(self, stream: Any) -> None:
        """Handle a stream's RPCs one after the other, which keeps each publisher's messages in order.

        Raises:
            Exception: whatever malformed input provokes; `stream_handler` catches it.
        """
        peer = stream.muxed_conn.peer_id
        messages = MessageStream(stream, self.max_inbound_rpc_size)
        while (data := await messages.next()) is not None:
            rpc = rpc_pb2.RPC.FromString(data)
            for message in rpc.publish:
                if self._is_subscribed_to_msg(message):
                    await self.push_msg(peer, message)
            if len(rpc.subscriptions) <= self.max_subscriptions_per_rpc:
                for option in rpc.subscriptions:
                    self.handle_subscription(peer, option)
            if rpc.HasField("control"):
                await self.router.handle_rpc(rpc, peer)
            await trio.lowlevel.checkpoint()  # a peer that always has more to say must not starve the others

    async def push_msg(self, msg_forwarder: Any, msg: rpc_pb2.Message) -> None:
        """Check a message, hand it to `on_message` and pass it on; duplicates and forgeries are dropped."""
        if len(msg.topicIDs) != 1 or self._is_msg_seen(msg):
            return
        own = msg_forwarder == self.my_id
        if not own and (msg.from_id == self.my_id.to_bytes() or not signature_validator(msg)):
            return
        if not own and not self._accepts(msg):
            return
        self._mark_msg_seen(msg)
        if not own:
            self._on_message(msg)
        await self.router.publish(msg_forwarder, msg)

    def handle_subscription(self, origin_id: Any, sub_message: rpc_pb2.RPC.SubOpts) -> None:
        """Note what a peer follows; one that begins gets the recent messages before any new one."""
        topic = sub_message.topicid
        if len(topic.encode()) > MAX_TOPIC_BYTES:
            return
        if sub_message.subscribe:
            self._note_subscription(origin_id, topic)
            self._replay(origin_id, topic)
        else:
            self._forget_subscription(origin_id, topic)
        self._on_subscription(topic)

    def _note_subscription(self, peer: Any, topic: str) -> None:
        followed = self._peer_subscription_count.get(peer, 0)
        if peer in self.peer_topics.get(topic, ()) or followed >= self.max_subscriptions_per_peer:
            return
        self.peer_topics.setdefault(topic, set()).add(peer)
        self._peer_subscription_count[peer] = followed + 1
        if topic in self.router.mesh and self.manager.is_running:
            self.manager.run_task(self.router.on_peer_subscribed, peer, topic)

    def _forget_all_subscriptions(self, peer_id: Any) -> None:
        topics = [topic for topic, peers in self.peer_topics.items() if peer_id in peers]
        super()._forget_all_subscriptions(peer_id)
        for topic in topics:
            self._on_subscription(topic)

    def _replay(self, peer: Any, topic: str) -> None:
        # Upstream does this in a task, newest heartbeat first, past the queue: new messages overtake old ones.
        if peer not in self.peers or peer not in self.peer_topics.get(topic, ()):
            return
        replayed = self._replayed_recent_topics.setdefault(peer, set())
        if topic not in replayed:
            replayed.add(topic)
            self.router.replay(peer, topic)  # type: ignore[attr-defined]  # it is gossip.Router

    async def _replay_recent_messages(self, peer_id: Any, topic: str) -> None:
        self._replay(peer_id, topic)

    def _handle_dead_peer(self, peer_id: Any) -> None:
        kept = [topic for topic, peers in self.peer_topics.items() if peer_id in peers]
        super()._handle_dead_peer(peer_id)
        if kept and self._peer_is_connected(peer_id):  # only our stream to it failed: what it follows still holds
            for topic in kept:
                self.peer_topics.setdefault(topic, set()).add(peer_id)
                self._on_subscription(topic)
            self._peer_subscription_count[peer_id] = len(kept)

    async def handle_dead_peer_queue(self) -> None:
        """Forget peers that are gone, and open a new stream to those that stay on another connection."""
        async with self.dead_peer_receive_channel:
            self.event_handle_dead_peer_queue_started.set()
            async for peer in self.dead_peer_receive_channel:
                stream = self.peers.get(peer)
                if stream is None or stream.muxed_conn.is_closed or not self._peer_is_connected(peer):
                    try:
                        self._handle_dead_peer(peer)
                    except Exception as error:  # noqa: BLE001 - it would close the channel, and nobody would be forgotten
                        _log.error("a peer that has gone is not quite forgotten", peer=str(peer), exc_info=error)

    async def handle_sending_messages(self, peer_id: Any, stream: Any, queue: Any) -> None:
        """Send what waits for a peer; a stream that fails is reset, so that it does not linger half open."""
        try:
            while (rpc := await queue.pop()) is not None:
                if not await self.write_msg(stream, rpc):
                    return
        except Exception as error:  # noqa: BLE001 - any failure means a new stream
            _log.info("sending to a peer failed", peer=str(peer_id), error=repr(error))
            await self._reset(stream)
            if self.peers.get(peer_id) is stream:
                self._handle_dead_peer(peer_id)

    @staticmethod
    async def _reset(stream: Any) -> None:
        with trio.CancelScope(shield=True), trio.move_on_after(2):
            try:
                await stream.reset()
            except Exception as error:  # noqa: BLE001 - closed already
                _log.debug("resetting a stream failed", error=repr(error))
