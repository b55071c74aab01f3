"""The daemon's end of the Unix socket: requests of local clients in, messages out.

A client that does not read loses messages, is told how many, and slows nobody else down. A client that breaks the
protocol loses its connection and nothing more.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import trio

from debros import logs
from debros.p2p import protocol
from debros.p2p.protocol import P2PError
from debros.p2p.session import Session
from debros.p2p.state import NodeStatus, PeerInfo
from debros.p2p.unix import listen

_log = logs.get(__name__)


class Network(Protocol):
    """What the socket offers to clients."""

    peer_id: str
    on_message: Callable[[str, bytes, str, int], None]

    async def publish(self, topic: str, data: bytes) -> None:
        """Send to all peers that follow the topic."""

    async def follow(self, topic: str) -> None:
        """Receive a topic."""

    async def unfollow(self, topic: str) -> None:
        """No client follows the topic any more."""

    async def connect(self, multiaddr: str) -> None:
        """Dial a peer."""

    async def disconnect(self, peer_id: str) -> None:
        """Hang up on a peer."""

    def peers(self) -> list[PeerInfo]:
        """Peers met so far."""


class SocketServer:
    """Serves the socket.

    Args:
        path: where the socket file is to be.
        network: the libp2p side.
        status: makes the answer to `Status`; it gets the topics clients follow.
        max_topics: topics all clients together may follow.
    """

    def __init__(
        self,
        path: Path,
        network: Network,
        status: Callable[[list[str]], NodeStatus],
        *,
        max_topics: int = 8192,
    ) -> None:
        self._path = path
        self._network = network
        self._status = status
        self._max_topics = max_topics
        self._followers: dict[str, set[Session]] = {}
        network.on_message = self._from_network

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve while the block runs; the socket file is gone afterwards.

        Raises:
            SocketInUseError: another daemon serves this path, or something else is there.
        """
        async with listen(self._path) as listener, trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, self._serve, [listener])
            yield
            nursery.cancel_scope.cancel()

    async def publish(self, session: Session, frame: protocol.Publish) -> None:
        """Hand a client's message to the other clients here and to the network."""
        _check_topic(frame.topic)
        if len(frame.data) > protocol.MAX_PAYLOAD_BYTES:
            raise P2PError("too_large", f"a message has at most {protocol.MAX_PAYLOAD_BYTES} bytes")
        self._deliver(protocol.Message(frame.topic, frame.data, self._network.peer_id, 0), skip=session)
        await self._network.publish(frame.topic, frame.data)

    async def answer(self, session: Session, frame: protocol.Request) -> protocol.Answer:
        """Carry out any request but `Publish`.

        Raises:
            P2PError: it is refused.
        """
        match frame:
            case protocol.Subscribe(id, topic):
                await self._subscribe(session, topic)
            case protocol.Unsubscribe(id, topic):
                await self._unsubscribe(session, topic)
            case protocol.Connect(id, multiaddr):
                await self._network.connect(multiaddr)
            case protocol.Disconnect(id, peer_id):
                await self._network.disconnect(peer_id)
            case protocol.Peers(id):
                return protocol.PeerList(id, self._network.peers())
            case protocol.Status(id):
                return protocol.StatusReport(id, self._status(sorted(self._followers)))
            case protocol.Publish():
                raise AssertionError("a publish goes through publish()")
        return protocol.Done(frame.id)

    async def _serve(self, stream: trio.SocketStream) -> None:
        session = Session(stream, self, self._network.peer_id)
        try:
            try:
                await session.run()
            finally:
                with trio.CancelScope(shield=True):
                    for topic in [topic for topic, sessions in self._followers.items() if session in sessions]:
                        await self._unsubscribe(session, topic)
        except Exception as error:  # noqa: BLE001 - a defect met by one client must not end the others' daemon
            _log.error("a p2p client's session failed", reason=repr(error), exc_info=error)

    async def _subscribe(self, session: Session, topic: str) -> None:
        _check_topic(topic)
        if topic not in self._followers and len(self._followers) >= self._max_topics:
            raise P2PError("too_many_topics", f"clients of this node already follow {self._max_topics} topics")
        self._followers.setdefault(topic, set()).add(session)
        await self._network.follow(topic)

    async def _unsubscribe(self, session: Session, topic: str) -> None:
        sessions = self._followers.get(topic)
        if sessions is None or session not in sessions:
            return
        sessions.discard(session)
        if not sessions:
            del self._followers[topic]
            await self._network.unfollow(topic)

    def _from_network(self, topic: str, data: bytes, publisher: str, seqno: int) -> None:
        if topic in self._followers:
            self._deliver(protocol.Message(topic, data, publisher, seqno))

    def _deliver(self, message: protocol.Message, skip: Session | None = None) -> None:
        sessions = self._followers.get(message.topic)
        if not sessions:
            return
        frame = protocol.encode(message)
        for session in sessions:
            if session is not skip:
                session.offer(frame)


def _check_topic(topic: str) -> None:
    size = len(topic.encode())
    if not 0 < size <= protocol.MAX_TOPIC_BYTES:
        raise P2PError("invalid_topic", f"a topic has 1 to {protocol.MAX_TOPIC_BYTES} bytes; got {size}")
    if topic.startswith(protocol.RESERVED_PREFIX):
        raise P2PError("invalid_topic", f"topics that begin with {protocol.RESERVED_PREFIX} belong to the nodes")
