"""One open WebSocket: a reader and a writer.

The reader takes the client's frames, fans each out here and starts to relay it; the node keeps the order of what is
started in order. Only so many may be under way: after that this client's reading waits, and nobody else's. The
writer empties the mailbox into the socket; a full mailbox ends only this session.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Send

from debros import logs
from debros.gateway.presence import Presence
from debros.gateway.pubsub import envelope
from debros.gateway.pubsub.hub import Hub
from debros.gateway.pubsub.mailbox import Mailbox, OnSlow
from debros.gateway.pubsub.relay import Relay
from debros.tenants import names

_log = logs.get("debros.gateway.pubsub")

# Messages of one socket under way to the node: enough to keep it busy, few enough to bound memory.
_UNDER_WAY = 64
# "Try again later" (RFC 6455 registry, https://www.iana.org/assignments/websocket).
_TRY_AGAIN_LATER = 1013
# Seconds a slow client gets to take what is under way before the close frame.
_CLOSE_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Introduction:
    """How a client introduces itself: the name it goes by in the topic, and any JSON about itself."""

    id: str
    meta: Any = None


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What the client asked for and what the gateway grants.

    Attributes:
        namespace: Whose topic.
        topic: Bare name.
        enveloped: Text frames with an envelope instead of raw binary ones.
        on_slow: What to do when the client does not keep up.
        queue: Frames that may wait for the client.
        queue_bytes: Bytes that may wait for the client.
        member: Who is present by this socket, and is told who comes and goes; None for nobody.
        gaps: The client wants a frame where messages of other hosts may be missing.
    """

    namespace: str
    topic: str
    enveloped: bool
    on_slow: OnSlow
    queue: int
    queue_bytes: int
    member: Introduction | None = None
    gaps: bool = False


class Session:
    """Serves one WebSocket until it ends."""

    def __init__(self, hub: Hub, relay: Relay, presence: Presence, options: SessionOptions) -> None:
        self._hub = hub
        self._presence = presence
        self._relay = relay
        self._options = options
        self._wire = names.wire_topic(options.namespace, options.topic)
        self._mailbox = Mailbox(max_messages=options.queue, max_bytes=options.queue_bytes, on_slow=options.on_slow)
        self._slots = asyncio.Semaphore(_UNDER_WAY)
        self._away = False

    async def run(self, receive: Receive, send: Send) -> None:
        """Subscribe, accept, and serve. Nothing published after the accept is missed."""
        options = self._options
        await receive()  # websocket.connect
        await self._hub.join(
            options.namespace,
            options.topic,
            self._mailbox,
            enveloped=options.enveloped,
            watching=options.member is not None,
            minding=options.gaps,
        )
        try:
            await send({"type": "websocket.accept"})
            with self._present():
                await self._serve(receive, send)
        finally:
            self._hub.leave(options.namespace, options.topic, self._mailbox)

    @contextlib.contextmanager
    def _present(self) -> Iterator[None]:
        """Be present as long as this lasts, if the client has said who it is."""
        member = self._options.member
        if member is None:
            yield
            return
        self._presence.join(self._wire, member.id, member.meta)
        try:
            yield
        finally:
            self._presence.leave(self._wire, member.id)

    async def _serve(self, receive: Receive, send: Send) -> None:
        reading = _task(self._read_all(receive))
        writing = _task(self._write_all(send))
        slow = _task(self._mailbox.overflowed.wait())
        try:
            await asyncio.wait((reading, writing, slow), return_when=asyncio.FIRST_COMPLETED)
            self._hub.leave(self._options.namespace, self._options.topic, self._mailbox)
            if slow.done() and not reading.done():
                await _stop(writing, reading)
                await self._close_slow(send)
        finally:
            await _stop(reading, writing, slow)
        for task in (reading, writing):
            if not task.cancelled() and (error := task.exception()) and not isinstance(error, OSError):
                raise error

    async def _read_all(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return  # what was started goes out all the same
            data: bytes = message.get("bytes") or (message.get("text") or "").encode()
            if self._options.enveloped and message.get("frame") != "bytes" and envelope.is_ping(data):
                self._mailbox.put_nowait(envelope.PONG)
                continue
            self._hub.counters.published += 1
            self._hub.fan_out(self._wire, data)
            try:
                await self._slots.acquire()
                await self._relay.room()
            except asyncio.CancelledError:
                self._hub.counters.not_relayed += 1
                raise
            self._relay.start(self._wire, data).add_done_callback(self._relayed)

    async def _write_all(self, send: Send) -> None:
        while True:
            frame = await self._mailbox.get()
            if isinstance(frame, bytes):
                await send({"type": "websocket.send", "bytes": frame})
            else:
                await send({"type": "websocket.send", "text": frame})

    def _relayed(self, task: asyncio.Task[None]) -> None:
        self._slots.release()
        error = None if task.cancelled() else task.exception()
        if error is None and not task.cancelled():
            self._away = False
            return
        self._hub.counters.not_relayed += 1
        if not self._away:
            self._away = True
            _log.warning("messages do not reach other hosts", topic=self._wire, error=str(error or "stopped"))

    async def _close_slow(self, send: Send) -> None:
        self._hub.counters.closed_slow += 1
        _log.info("a slow subscriber is closed", topic=self._wire, dropped=self._mailbox.dropped)
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER, "reason": "too slow"})
        except (TimeoutError, OSError):
            pass  # it takes nothing any more; the server cuts the line


def _task(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(work)


async def _stop(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
