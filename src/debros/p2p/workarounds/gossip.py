"""GossipSub: settings that do not lose messages, and a router without its hidden costs.

* By default more than ten messages a second per topic and peer are dropped, the heartbeat is 120 s, and unsubscribe
  followed by subscribe means 10-14 s without messages.
* A message is sent to mesh peers only: a subscriber that is connected but not (yet) in the mesh gets nothing, and
  messages take different ways at a mesh change. Own messages go to every connected subscriber ("flood publishing",
  GossipSub v1.1), which also keeps them in order; clusters are small.
* Recent messages are replayed newest heartbeat first, and written past the peer's queue.
* Peers are scored: without parameters all weights are zero, yet every topic a peer has ever followed stays in three
  tables, and each heartbeat walks through them.
* Every message is kept in an equivocation table, a delivery list and queues for peers that may never ask.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

from libp2p.peer.id import ID
from libp2p.pubsub import gossipsub
from libp2p.pubsub.mcache import MessageCache
from libp2p.pubsub.pb import rpc_pb2

from debros.p2p.lasting import lasting

# Bodies kept for peers that ask again or come back; beyond it the oldest go first.
_CACHE_BYTES: Final = 64 * 1024 * 1024
_REPLAY_BYTES: Final = 256 * 1024


class Router(gossipsub.GossipSub):
    """GossipSub v1.1 as measured to lose nothing. v1.2 announces every message, however small: twice the work."""

    def __init__(self) -> None:
        super().__init__(
            protocols=[gossipsub.PROTOCOL_ID_V11, gossipsub.PROTOCOL_ID],
            degree=6,
            degree_low=4,
            degree_high=12,
            heartbeat_interval=1,
            gossip_window=3,
            gossip_history=5,
            spam_protection_enabled=False,  # upstream: ten messages a second
            adaptive_gossip_enabled=False,  # upstream: heartbeats of 30-60 s in a small mesh
            eclipse_protection_enabled=False,  # upstream: grafts everyone until three addresses are seen
            unsubscribe_back_off=1,
            prune_back_off=5,
        )
        self.scorer = None
        self.graft_flood_threshold = 0.0  # or a GRAFT soon after a PRUNE is refused
        self.mcache = _OrderedCache(self.mcache.window_size, self.mcache.history_size)

    async def heartbeat(self) -> None:
        """Keep meshes and cache, beat by beat; what one beat stumbles over does not end the node."""
        await lasting("gossip", super().heartbeat)

    async def publish(self, msg_forwarder: Any, pubsub_msg: rpc_pb2.Message) -> None:
        """Pass a message on; every book upstream keeps beside the message cache is left out."""
        self.mcache.put(pubsub_msg)
        rpc = rpc_pb2.RPC(publish=[pubsub_msg])
        origin = ID(pubsub_msg.from_id)
        for peer in self._get_peers_to_send(pubsub_msg.topicIDs, msg_forwarder, origin):
            self.send_rpc(peer, rpc)

    def _get_peers_to_send(
        self, topic_ids: Iterable[str], msg_forwarder: Any, origin: Any, msg_id: bytes | None = None
    ) -> Iterator[Any]:
        if self.pubsub is None or msg_forwarder != self.pubsub.my_id:
            yield from super()._get_peers_to_send(topic_ids, msg_forwarder, origin, msg_id)
            return
        peers = {peer for topic in topic_ids for peer in self.pubsub.peer_topics.get(topic, ())}
        peers.discard(origin)
        yield from peers

    def replay(self, peer: Any, topic: str) -> None:
        """Queue the recent messages of `topic` for a peer that begins to follow it, oldest first, without waiting."""
        rpc = rpc_pb2.RPC()
        for message_id in self.mcache.window(topic):
            message = self.mcache.get(message_id)
            if message is None or message.from_id == peer.to_bytes():
                continue
            if rpc.publish and rpc.ByteSize() + message.ByteSize() > _REPLAY_BYTES:
                self.send_rpc(peer, rpc)
                rpc = rpc_pb2.RPC()
            rpc.publish.append(message)
        if rpc.publish:
            self.send_rpc(peer, rpc)

    async def handle_prune(self, prune_msg: rpc_pb2.ControlPrune, sender_peer_id: Any) -> None:
        """Leave the mesh on a peer's request; a PRUNE for a topic we are not in would only fill memory."""
        if prune_msg.topicID in self.mesh:
            await super().handle_prune(prune_msg, sender_peer_id)

    def _periodic_security_cleanup(self) -> None:  # called at each heartbeat
        super()._periodic_security_cleanup()
        now = int(time.time())
        for topic, peers in list(self.back_off.items()):
            left = {peer: until for peer, until in peers.items() if until > now}
            if left:
                self.back_off[topic] = left
            else:
                del self.back_off[topic]


class _OrderedCache(MessageCache):
    """The message cache, listed oldest first and bounded in bytes."""

    def __init__(self, window_size: int, history_size: int) -> None:
        super().__init__(window_size, history_size)
        self._sizes: dict[bytes, int] = {}
        self._total = 0

    def put(self, msg: rpc_pb2.Message) -> None:
        message_id = msg.from_id + msg.seqno
        if message_id in self.msgs:
            return
        super().put(msg)
        self._sizes[message_id] = size = msg.ByteSize()
        self._total += size
        while self._total > _CACHE_BYTES:
            oldest = next(iter(self._sizes))
            self.msgs.pop(oldest, None)
            self._forget(oldest)

    def window(self, topic: str) -> list[bytes]:
        return [
            entry.mid
            for entries in reversed(self.history[: self.window_size])
            for entry in entries
            if topic in entry.topics and entry.mid in self.msgs
        ]

    def shift(self) -> None:
        leaving = [entry.mid for entry in self.history[-1]]
        super().shift()
        for message_id in leaving:
            self._forget(message_id)

    def _forget(self, message_id: bytes) -> None:
        self._total -= self._sizes.pop(message_id, 0)
