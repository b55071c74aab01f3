"""One client's connection to the daemon: reading, answering, publishing and writing, each at its own pace."""

import contextlib
from collections import deque
from typing import Final, Protocol

import trio

from debros import logs
from debros.p2p import protocol
from debros.p2p.protocol import P2PError, ProtocolError

_log = logs.get(__name__)

# What may wait for a client that is slow to read: a burst of small messages, or some of the largest.
MAX_WAITING_MESSAGES: Final = 8192
MAX_WAITING_BYTES: Final = 32 * 1024 * 1024
# Requests whose answers a client has not read: beyond it we stop reading its requests.
_MAX_WAITING_ANSWERS: Final = 4096
# Publishes read but not yet handed on: the rest stays in the socket, which slows the client down.
_MAX_PUBLISHES: Final = 64

_HELLO_TIMEOUT: Final = 5.0
_READ_BYTES: Final = 256 * 1024
_WRITE_BYTES: Final = 256 * 1024


# Dials one client may have under way.
_MAX_DIALS: Final = 16


class Handler(Protocol):
    """Carries out what clients ask for."""

    async def publish(self, session: "Session", frame: protocol.Publish) -> None:
        """Hand a message on, or raise P2PError."""

    async def answer(self, session: "Session", frame: protocol.Request) -> protocol.Answer:
        """Carry out any other request, or raise P2PError."""


class Session:
    """A connected client.

    Args:
        stream: the connection; closed when the session ends.
        server: carries out requests.
        peer_id: told in `Welcome`.
    """

    def __init__(self, stream: trio.SocketStream, server: Handler, peer_id: str) -> None:
        self._stream = stream
        self._server = server
        self._peer_id = peer_id
        self._name = "?"
        self._parser = protocol.Parser(protocol.FromClient)
        self._outgoing: deque[tuple[bytes, bool]] = deque()  # frame, is a message
        self._messages = self._message_bytes = self._answers = 0
        self._dropped = self._dials = 0
        self._written = trio.Event()
        self._filled = trio.Event()

    async def run(self) -> None:
        """Serve the client until it hangs up or breaks the protocol."""
        async with self._stream:
            try:
                waiting = await self._greet()
                if waiting is not None:
                    await self._converse(waiting)
            except ProtocolError as error:
                await self._hang_up(error)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                pass
        if self._name != "?":
            self._note("p2p client left")

    def offer(self, frame: bytes) -> None:
        """Queue an encoded message; counted as dropped when the client is too far behind."""
        if self._messages >= MAX_WAITING_MESSAGES or self._message_bytes + len(frame) > MAX_WAITING_BYTES:
            if not self._dropped:
                _log.warning("p2p client reads too slowly, dropping its messages", client=self._name)
            self._dropped += 1
            return
        if self._dropped:
            self._reply(protocol.Dropped(self._dropped))
            self._dropped = 0
        self._messages += 1
        self._message_bytes += len(frame)
        self._outgoing.append((frame, True))
        self._filled.set()

    async def _greet(self) -> list[protocol.FromClient] | None:
        with trio.move_on_after(_HELLO_TIMEOUT):
            while True:
                data = await self._stream.receive_some(_READ_BYTES)
                if not data:
                    return None
                frames = self._parser.feed(data)
                if not frames:
                    continue
                hello = frames.pop(0)
                if not isinstance(hello, protocol.Hello):
                    raise ProtocolError("the first frame must be hello")
                if hello.version != protocol.VERSION:
                    raise ProtocolError(
                        f"protocol version {hello.version} is not supported; this node speaks {protocol.VERSION}; "
                        "update the node and its clients to the same release"
                    )
                self._name = hello.name[:100] or "unnamed"
                self._note("p2p client joined")
                self._reply(protocol.Welcome(protocol.VERSION, self._peer_id))
                return frames
        raise ProtocolError(f"no hello within {_HELLO_TIMEOUT:.0f} s")

    def _note(self, event: str) -> None:
        write = _log.debug if self._name == protocol.SELF_CHECK else _log.info
        write(event, client=self._name)

    async def _converse(self, frames: list[protocol.FromClient]) -> None:
        send, receive = trio.open_memory_channel[protocol.Publish](_MAX_PUBLISHES)
        failure: ProtocolError | None = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._publish, receive)
            nursery.start_soon(self._write, nursery.cancel_scope)
            try:
                await self._read(frames, send, nursery)
            except ProtocolError as error:
                failure = error
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                pass
            nursery.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _read(
        self,
        frames: list[protocol.FromClient],
        publishes: "trio.MemorySendChannel[protocol.Publish]",
        nursery: trio.Nursery,
    ) -> None:
        while True:
            for frame in frames:
                if isinstance(frame, protocol.Publish):
                    await publishes.send(frame)
                elif isinstance(frame, protocol.Hello):
                    raise ProtocolError("hello was said already")
                elif isinstance(frame, protocol.Connect | protocol.Disconnect):  # may take seconds
                    nursery.start_soon(self._dial, frame)
                else:
                    await self._answer(frame)
            while self._answers > _MAX_WAITING_ANSWERS:
                self._written = trio.Event()
                await self._written.wait()
            data = await self._stream.receive_some(_READ_BYTES)
            if not data:
                return
            frames = self._parser.feed(data)

    async def _dial(self, frame: protocol.Connect | protocol.Disconnect) -> None:
        if self._dials >= _MAX_DIALS:
            self._reply(protocol.Refused(frame.id, "busy", f"{_MAX_DIALS} dials are under way; wait for one to end"))
            return
        self._dials += 1
        try:
            await self._answer(frame)
        finally:
            self._dials -= 1

    async def _answer(self, frame: protocol.Request) -> None:
        try:
            self._reply(await self._server.answer(self, frame))
        except Exception as error:  # noqa: BLE001 - one request must not end the daemon
            self._refuse(frame.id, error)

    async def _publish(self, publishes: "trio.MemoryReceiveChannel[protocol.Publish]") -> None:
        async for frame in publishes:
            try:
                await self._server.publish(self, frame)
                self._reply(protocol.Done(frame.id))
            except Exception as error:  # noqa: BLE001 - see above
                self._refuse(frame.id, error)

    def _refuse(self, request: int, error: Exception) -> None:
        if isinstance(error, P2PError):
            self._reply(protocol.Refused(request, error.code, error.message))
            return
        _log.error("p2p request failed", client=self._name, exc_info=error)
        self._reply(protocol.Refused(request, "internal", "the node could not do it; its log says why"))

    def _reply(self, frame: protocol.FromDaemon) -> None:
        self._answers += 1
        self._outgoing.append((protocol.encode(frame), False))
        self._filled.set()

    async def _write(self, scope: trio.CancelScope) -> None:
        try:
            while True:
                await self._filled.wait()
                await self._stream.send_all(self._next_batch())
                self._written.set()
                if not self._outgoing:
                    self._filled = trio.Event()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            scope.cancel()

    def _next_batch(self) -> bytes:
        batch: list[bytes] = []
        size = 0
        while self._outgoing and size < _WRITE_BYTES:
            frame, is_message = self._outgoing.popleft()
            if is_message:
                self._messages -= 1
                self._message_bytes -= len(frame)
            else:
                self._answers -= 1
            batch.append(frame)
            size += len(frame)
        return b"".join(batch)

    async def _hang_up(self, error: ProtocolError) -> None:
        _log.warning("p2p client broke the protocol", client=self._name, reason=error.message)
        with trio.move_on_after(1), contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self._stream.send_all(protocol.encode(protocol.Fault(error.code, error.message)))
