"""GossipSub with back-pressure: publishing waits for peers that are behind, but not for ever."""

from collections.abc import AsyncIterator, Callable, Collection, Hashable
from contextlib import asynccontextmanager
from typing import Any

import trio
from libp2p.peer.id import ID
from libp2p.pubsub.pb import rpc_pb2
from libp2p.tools.anyio_service import background_trio_service

from debros.p2p.host import Host
from debros.p2p.patience import Patience
from debros.p2p.workarounds.gossip import Router
from debros.p2p.workarounds.pubsub import Pubsub


class PubSub:
    """Publishes, follows topics, and tells what peers follow.

    Args:
        host: not yet running.
        on_message: called with topic, payload, publisher's peer id and sequence number; must not block.
        on_peers_changed: called with a topic's name when a peer began or ceased to follow it.
        accepts: asked with topic, payload and publisher's peer id whether to take a message and to pass it on.
        is_member: whether a peer is of the cluster; publishers are less patient with others, and less is kept for them.
    """

    def __init__(
        self,
        host: Host,
        *,
        on_message: Callable[[str, bytes, str, int], None],
        on_peers_changed: Callable[[str], None],
        accepts: Callable[[str, bytes, str], bool] = lambda *_: True,
        is_member: Callable[[Hashable], bool] = lambda _peer: True,
    ) -> None:
        self._on_message = on_message
        self._accepts = accepts
        self._router = Router()
        self._pubsub = Pubsub(host.libp2p, self._router, self._received, on_peers_changed, self._accepted, is_member)
        self._patience = Patience(is_member, trio.current_time)
        self._left_behind: set[Any] = set()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve while the block runs; the host must be running."""
        async with background_trio_service(self._pubsub), background_trio_service(self._router):
            await self._pubsub.wait_until_ready()
            yield

    async def publish(self, topic: str, data: bytes) -> None:
        """Hand a message to GossipSub, once the peers that follow the topic have room for it.

        Messages published one after the other arrive in that order.
        """
        for peer in tuple(self._pubsub.peer_topics.get(topic, ())):
            queue: Any = self._pubsub.peer_queues.get(peer)
            if queue is None or not queue.crowded:
                self._left_behind.discard(peer)
            elif peer not in self._left_behind:
                seconds = self._patience.with_peer(peer)
                with trio.move_on_after(seconds) as waiting:
                    await queue.wait_for_room()
                if waiting.cancelled_caught:
                    self._patience.in_vain(peer, seconds)
                    self._left_behind.add(peer)
        await self._pubsub.publish(topic, data)

    async def join(self, topic: str) -> None:
        """Follow a topic; again is harmless."""
        if topic not in self._pubsub.topic_ids:
            await self._pubsub.subscribe(topic)

    async def leave(self, topic: str) -> None:
        """Stop following."""
        await self._pubsub.unsubscribe(topic)

    async def announce(self, name: str, *, on: bool) -> None:
        """Tell peers that we follow `name` without following it."""
        await self._pubsub.announce(name, on=on)

    def followers(self, name: str) -> Collection[Hashable]:
        """The peers that follow or announce `name`."""
        return self._pubsub.peer_topics.get(name, set())

    def peer_disconnected(self, peer_id: str) -> None:
        """Forget that a peer was slow."""
        self._left_behind.discard(ID.from_string(peer_id))

    def _accepted(self, message: rpc_pb2.Message) -> bool:
        return self._accepts(message.topicIDs[0], message.data, str(ID(message.from_id)))

    def _received(self, message: rpc_pb2.Message) -> None:
        seqno = int.from_bytes(message.seqno[:8], "big")
        self._on_message(message.topicIDs[0], message.data, str(ID(message.from_id)), seqno)
