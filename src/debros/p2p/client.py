"""The gateway's end of the Unix socket (asyncio): it reconnects, follows its topics again, and loses no publish.

Neither trio nor libp2p is imported here. A publish that is not acknowledged when the connection breaks is sent again
after the reconnect, in the old order: the daemon gets each message at least once. Messages that reach us twice over
libp2p (a restarted daemon is given the last seconds again) are recognised and delivered once.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from debros import logs
from debros.p2p import protocol
from debros.p2p.link import Link, fail, keep_connected
from debros.p2p.pending import Answer, Pending
from debros.p2p.protocol import P2PError, RelayUnavailable
from debros.p2p.recent import Recent
from debros.p2p.state import NodeStatus, PeerInfo
from debros.p2p.window import Window

__all__ = ["NodeStatus", "P2PClient", "P2PError", "PeerInfo", "RelayUnavailable"]

_log = logs.get(__name__)

# Longer than the three heartbeats after which GossipSub replays nothing, and than its own memory of 120 s.
_REMEMBERED: Final = 120.0


class P2PClient:
    """A connection to the p2p daemon that is always being kept up.

    Args:
        path: the daemon's socket file.
        on_message: called in the event loop with topic, payload and publisher's peer id; must not block. A client
            does not get its own messages back.
        on_gap: called when messages may have been missed: after a reconnect with the seconds without a daemon and 0,
            and with 0.0 and their number when the daemon had to drop some because we read too slowly.
        relay_timeout: how long `publish` and requests wait for the daemon, seconds.
        name: appears in the daemon's log.
        grace: seconds after `start` that the daemon may take to come up before the log says that it is not there.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_message: Callable[[str, bytes, str], None],
        on_gap: Callable[[float, int], None] | None = None,
        relay_timeout: float = 10,
        name: str = "gateway",
        grace: float = 0,
    ) -> None:
        self._path = path
        self._on_message = on_message
        self._on_gap = on_gap
        self._timeout = relay_timeout
        self._name = name
        self._grace = grace
        self._topics: set[str] = set()
        self._publishes: dict[int, tuple[bytes, asyncio.Future[None]]] = {}
        self._pending = Pending()
        self._window = Window()
        self._recent = Recent(_REMEMBERED, time.monotonic)
        self._link: Link | None = None
        self._up = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._was_up = self._closed = False
        self._down_since = 0.0
        self.dropped = 0

    @property
    def connected(self) -> bool:
        """Whether the daemon answers and follows all our topics."""
        return self._up.is_set()

    def start(self) -> None:
        """Begin to connect, in the background. Call it in the event loop."""
        keeping = keep_connected(
            self._path,
            received=self._received,
            lost=self._fail_requests,
            greet=self._greet,
            up=self._go_up,
            down=self._go_down,
            grace=self._grace,
        )
        self._keeper = asyncio.get_running_loop().create_task(keeping, name="p2p-client")

    async def close(self) -> None:
        """Hang up; whoever still waits gets `RelayUnavailable`."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        self._go_down()
        for _, future in self._publishes.values():
            fail(future, RelayUnavailable("the p2p client was closed"))

    async def publish(self, topic: str, data: bytes) -> None:
        """Send a message; returns when the daemon has handed it to the network.

        Calls made one after the other are sent in that order, also without waiting for each other.

        Raises:
            P2PError: the daemon refuses it (`invalid_topic`, `too_large`).
            RelayUnavailable: not taken within `relay_timeout`. When the daemon stopped answering in between, the
                message may have been sent all the same.
        """
        if self._closed:
            raise RelayUnavailable("the p2p client is closed")
        request = self._pending.next_id()
        frame = protocol.encode(protocol.Publish(request, topic, data))
        try:
            async with asyncio.timeout(self._timeout):
                await self._window.enter(len(frame))
                try:
                    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._publishes[request] = (frame, future)
                    if self._link is not None and self.connected:  # else the reconnect sends it
                        self._link.send(frame)
                    await future
                finally:
                    self._publishes.pop(request, None)
                    self._window.leave(len(frame))
        except TimeoutError:
            raise RelayUnavailable(f"the node did not take the message within {self._timeout:g} s") from None

    async def subscribe(self, topic: str) -> None:
        """Follow a topic, now and after every reconnect; returns at once while the daemon is away.

        Raises:
            P2PError: the daemon refuses it (`invalid_topic`, `too_many_topics`).
        """
        if topic in self._topics:
            return
        self._topics.add(topic)
        try:
            if self.connected:
                await self._ask(protocol.Subscribe(self._pending.next_id(), topic), protocol.Done)
        except RelayUnavailable:
            pass  # the reconnect will see to it
        except P2PError:
            self._topics.discard(topic)
            raise

    async def unsubscribe(self, topic: str) -> None:
        """Stop following; without having followed is harmless."""
        if topic not in self._topics:
            return
        self._topics.discard(topic)
        if self.connected:
            with contextlib.suppress(RelayUnavailable):  # a new connection starts without it
                await self._ask(protocol.Unsubscribe(self._pending.next_id(), topic), protocol.Done)

    async def peers(self) -> list[PeerInfo]:
        """The node's peers, the connected ones first.

        Raises:
            RelayUnavailable: see the class.
        """
        return (await self._request(protocol.Peers(self._pending.next_id()), protocol.PeerList)).peers

    async def status(self) -> NodeStatus:
        """How the node is.

        Raises:
            RelayUnavailable: see the class.
        """
        return (await self._request(protocol.Status(self._pending.next_id()), protocol.StatusReport)).status

    async def connect(self, multiaddr: str) -> None:
        """Make the node dial a peer.

        Raises:
            P2PError: `invalid_multiaddr`, `unreachable`, `other_peer`, `self` or `busy`.
            RelayUnavailable: see the class; beyond `relay_timeout` the node has `CONNECT_SECONDS`.
        """
        frame = protocol.Connect(self._pending.next_id(), multiaddr)
        await self._request(frame, protocol.Done, self._timeout + protocol.CONNECT_SECONDS)

    async def disconnect(self, peer_id: str) -> None:
        """Make the node hang up on a peer and turn it away until it is connected again or the node restarts.

        Raises:
            P2PError: `invalid_peer_id` or `busy`.
            RelayUnavailable: see the class.
        """
        await self._request(protocol.Disconnect(self._pending.next_id(), peer_id), protocol.Done)

    async def _request(self, frame: protocol.Request, kind: type[Answer], seconds: float | None = None) -> Answer:
        seconds = self._timeout if seconds is None else seconds
        try:
            async with asyncio.timeout(self._timeout):
                await self._up.wait()
            async with asyncio.timeout(seconds):
                return await self._ask(frame, kind)
        except TimeoutError:
            raise RelayUnavailable(f"the node did not answer within {seconds:g} s") from None

    async def _ask(self, frame: protocol.Request, kind: type[Answer]) -> Answer:
        return await self._pending.ask(self._link, frame, kind)

    async def _greet(self, link: Link) -> None:
        self._link = link
        await self._pending.greet(link, self._name)
        followed: set[str] = set()
        while missing := self._topics - followed:  # more may come while we wait
            await asyncio.gather(*(self._follow(topic) for topic in missing))
            followed |= missing
        # Unsubscribed while we were following: the daemon must not keep it for us.
        for topic in followed - self._topics:
            link.send(protocol.encode(protocol.Unsubscribe(self._pending.next_id(), topic)))

    async def _follow(self, topic: str) -> None:
        try:
            await self._ask(protocol.Subscribe(self._pending.next_id(), topic), protocol.Done)
        except P2PError as error:
            _log.error("p2p daemon refuses a topic", topic=topic, reason=error.message)

    def _go_up(self, link: Link) -> None:
        for frame, _ in self._publishes.values():  # in the order of the calls
            link.send(frame)
        self._up.set()
        if self._was_up:
            self._tell_gap(time.monotonic() - self._down_since, 0)
        self._was_up = True

    def _go_down(self) -> None:
        if self.connected:
            self._down_since = time.monotonic()
        self._up.clear()
        link, self._link = self._link, None
        if link is not None:
            link.close()
        self._fail_requests()

    def _fail_requests(self) -> None:
        self._pending.fail(RelayUnavailable, "the connection to the node was lost")

    def _received(self, frame: Any) -> None:
        match frame:
            case protocol.Message():
                self._deliver(frame)
            case protocol.Done(id) if id in self._publishes:
                future = self._publishes[id][1]
                if not future.done():
                    future.set_result(None)
            case protocol.Refused(id, code, message) if id in self._publishes:
                fail(self._publishes[id][1], P2PError(code, message))
            case protocol.Refused(id, code, message):
                self._pending.refuse(id, P2PError(code, message))
            case protocol.Welcome():
                self._pending.welcome(frame)
            case protocol.Dropped(count):
                self.dropped += count
                _log.warning("messages lost: this process reads too slowly", count=count)
                self._tell_gap(0.0, count)
            case protocol.Fault(code, message):
                self._pending.fail(P2PError, code, message)
            case _:
                self._pending.settle(frame.id, frame)

    def _deliver(self, message: protocol.Message) -> None:
        if message.topic not in self._topics:
            return
        if not message.seqno or self._recent.add((message.publisher, message.seqno)):
            self._call(self._on_message, message.topic, message.data, message.publisher)

    def _tell_gap(self, seconds: float, dropped: int) -> None:
        if self._on_gap is not None:
            self._call(self._on_gap, seconds, dropped)

    def _call(self, function: Callable[..., None], *args: Any) -> None:
        try:
            function(*args)
        except Exception as error:  # noqa: BLE001 - a fault in the application must not cut the connection
            _log.error("a p2p callback failed", exc_info=error)
