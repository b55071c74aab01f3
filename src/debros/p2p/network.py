"""The p2p daemon's inside in one piece: host, pubsub, topics and bootstrap peers, started and stopped together."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import trio

from debros.identity import Identity
from debros.p2p import bootstrap, reasons
from debros.p2p.addresses import split_peer
from debros.p2p.discovery import Discovery
from debros.p2p.exchange import Exchange
from debros.p2p.host import Host
from debros.p2p.lasting import lasting
from debros.p2p.learned import Learned
from debros.p2p.protocol import CONNECT_SECONDS
from debros.p2p.pubsub import PubSub
from debros.p2p.state import PeerInfo
from debros.p2p.topics import Topics
from debros.p2p.workarounds.queues import drops

# Unsubscribe followed by subscribe costs messages, so a topic outlives its last client a while.
TOPIC_LINGER: Final = 60.0


@dataclass(frozen=True, slots=True)
class Listener:
    """The node's own interest in a topic, beside that of local programs; nothing in it may block or raise.

    Attributes:
        accepts: asked with payload and publisher's peer id; what it refuses is neither heard nor passed on.
        hear: called with publisher's peer id and payload.
        peers_changed: called when a peer began or ceased to follow the topic.
    """

    accepts: Callable[[str, bytes], bool]
    hear: Callable[[str, bytes], None]
    peers_changed: Callable[[], None]


class Network:
    """A running libp2p participant as the socket server and the node see it.

    Args:
        identity: the node's key.
        listen: multiaddrs to listen on; empty: only dial (a client's daemon).
        announce_host: host that peers are told to dial; empty: the listen addresses.
        bootstrap_peers: multiaddrs to stay connected to.
        max_connections: limit for peer connections.
        discovery_interval: seconds between two rounds of peer exchange; None: neither ask nor tell.
        relay: also follow what peers follow, so that hosts that are not connected hear each other through this one.
        topic_linger: seconds a topic is followed after its last client has left.

    Attributes:
        is_member: whether a peer is of the cluster; for one that is, as for a bootstrap peer, strangers make room.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        listen: Sequence[str] = (),
        announce_host: str = "",
        bootstrap_peers: Sequence[str] = (),
        max_connections: int = 50,
        discovery_interval: float | None = None,
        relay: bool = True,
        topic_linger: float = TOPIC_LINGER,
    ) -> None:
        self.peer_id = identity.peer_id
        self.is_member: Callable[[str], bool] = lambda _peer: False
        self.on_message: Callable[[str, bytes, str, int], None] = lambda *_: None
        self._bootstrap_peers = tuple(bootstrap_peers)
        self._bootstrap_ids = {split_peer(address)[1] for address in bootstrap_peers}
        self._listeners: dict[str, Listener] = {}
        self._host = Host(
            identity,
            listen=listen,
            announce_host=announce_host,
            max_connections=max_connections,
            protected=self._is_protected,
            on_disconnect=self._peer_disconnected,
        )
        self._discovery: Discovery | None = None
        if discovery_interval is not None:
            self._discovery = Discovery(
                self._host,
                Exchange(self._host),
                Learned(self.peer_id, trio.current_time),
                interval=discovery_interval,
                max_connections=max_connections,
            )
        self._pubsub = PubSub(
            self._host,
            on_message=self._received,
            on_peers_changed=self._peers_changed,
            accepts=self._accepts,
            is_member=self._is_protected,
        )
        self._topics = Topics(self._pubsub, linger=topic_linger, relay=relay, is_member=self._is_protected)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Take part in the network while the block runs.

        Raises:
            ListenError: see :meth:`Host.run`.
        """
        async with self._host.run(), self._pubsub.run(), trio.open_nursery() as nursery:
            nursery.start_soon(lasting, "topics", self._topics.run)
            keep_connected = partial(bootstrap.keep_connected, self._host, self._bootstrap_peers)
            nursery.start_soon(lasting, "bootstrap", keep_connected)
            if self._discovery is not None:
                nursery.start_soon(lasting, "discovery", self._discovery.run)
            yield
            nursery.cancel_scope.cancel()

    def _is_protected(self, peer: object) -> bool:
        peer_id = str(peer)
        return peer_id in self._bootstrap_ids or self.is_member(peer_id)

    async def publish(self, topic: str, data: bytes) -> None:
        """Send to every peer that follows the topic; returns once GossipSub has it. See :meth:`PubSub.publish`."""
        await self._pubsub.publish(topic, data)

    async def follow(self, topic: str) -> None:
        """Receive a topic's messages."""
        await self._topics.want(topic)

    async def unfollow(self, topic: str) -> None:
        """The last client of a topic has left."""
        await self._topics.release(topic)

    async def listen(self, topic: str, listener: Listener) -> None:
        """Follow a topic for the node itself, as long as it runs."""
        self._listeners[topic] = listener
        await self._topics.want(topic)

    async def connect(self, multiaddr: str) -> None:
        """Dial a peer, and let it in again if it was turned away. See :meth:`Host.connect`.

        Raises:
            P2PError: see there; also when it takes too long in all.
        """
        address, peer_id = split_peer(multiaddr)
        if peer_id is not None:
            self._host.turned_away.remove(peer_id)
        with trio.move_on_after(CONNECT_SECONDS) as scope:
            await self._host.connect(multiaddr)
        if scope.cancelled_caught:
            raise reasons.silent(address, CONNECT_SECONDS)

    async def disconnect(self, peer_id: str) -> None:
        """Hang up on a peer, and turn it away until it is connected again. See :meth:`Host.disconnect`."""
        await self._host.disconnect(peer_id)

    def peers(self) -> list[PeerInfo]:
        """Peers connected now or earlier."""
        return self._host.known_peers()

    def peer_count(self) -> int:
        """How many peers are connected now."""
        return len(self._host.connected())

    def dropped(self) -> int:
        """Messages that peers did not get because they were too slow, since the process began."""
        return drops.messages

    def addresses(self) -> list[str]:
        """Where this node can be dialed, best first: complete multiaddrs."""
        return self._host.addresses()

    def _received(self, topic: str, data: bytes, publisher: str, seqno: int) -> None:
        if (listener := self._listeners.get(topic)) is not None:
            listener.hear(publisher, data)
        else:
            self.on_message(topic, data, publisher, seqno)

    def _accepts(self, topic: str, data: bytes, publisher: str) -> bool:
        listener = self._listeners.get(topic)
        return listener is None or listener.accepts(publisher, data)

    def _peers_changed(self, name: str) -> None:
        self._topics.peers_changed(name)
        if (listener := self._listeners.get(name)) is not None:
            listener.peers_changed()

    def _peer_disconnected(self, peer_id: str) -> None:
        self._pubsub.peer_disconnected(peer_id)
