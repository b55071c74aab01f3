"""Connections to the daemon (asyncio): one that carries frames, and a loop that always makes a new one."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, cast

from debros import logs
from debros.p2p import protocol
from debros.p2p.protocol import P2PError, ProtocolError, RelayUnavailable

_log = logs.get(__name__)

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
_GREETING_TIMEOUT: Final = 5.0


class Link(asyncio.Protocol):
    """One connection: frames in, frames out, the writes of one turn of the event loop joined.

    Args:
        received: called with each frame of the daemon.
        lost: called when the connection has ended, for whatever reason.
    """

    def __init__(self, received: Callable[[Any], None], lost: Callable[[], None]) -> None:
        self._received = received
        self._lost = lost
        self._ended = asyncio.Event()
        self._parser = protocol.Parser(protocol.FromDaemon)
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        self.reason = "closed by the node"

    def send(self, frame: bytes) -> None:
        """Write an encoded frame at the end of this turn of the event loop, together with the others."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(frame)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    async def wait_ended(self) -> None:
        """Wait until the connection has ended."""
        await self._ended.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        # A cast, not a check: uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        try:
            frames = self._parser.feed(data)
        except ProtocolError as error:
            self.reason = error.message
            self.close()
            return
        for frame in frames:
            self._received(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if exc is not None:
            self.reason = str(exc)
        self._ended.set()
        self._lost()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(waiting))


async def keep_connected(
    path: Path,
    *,
    received: Callable[[Any], None],
    lost: Callable[[], None],
    greet: Callable[[Link], Awaitable[None]],
    up: Callable[[Link], None],
    down: Callable[[], None],
    grace: float = 0,
) -> None:
    """Connect to a socket file, again and again, until cancelled; pauses grow from 50 ms to 1 s.

    Args:
        path: the daemon's socket.
        received: called with each frame.
        lost: called at the moment a connection ends.
        greet: says hello on a new connection and prepares it.
        up: called when `greet` has succeeded; the connection is ready.
        down: called after a connection, or an attempt, has ended.
        grace: seconds from now in which a daemon that is not there yet is no news for the log.
    """
    loop = asyncio.get_running_loop()
    pause, quiet_until = _FIRST_PAUSE, loop.time() + grace
    reported = ""
    while True:
        try:
            async with asyncio.timeout(_GREETING_TIMEOUT):
                _, link = await loop.create_unix_connection(lambda: Link(received, lost), str(path))
                await greet(link)
        except (OSError, P2PError, RelayUnavailable) as error:  # TimeoutError is an OSError
            reason = str(error) or "no answer"
            if reason != reported and loop.time() >= quiet_until:  # once per reason, not once per attempt
                _log.warning("p2p daemon not reachable, trying again", socket=str(path), reason=reason)
                reported = reason
            down()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            continue
        reported, pause, quiet_until = "", _FIRST_PAUSE, 0.0
        _log.info("p2p daemon connected", socket=str(path))
        up(link)
        await link.wait_ended()
        down()
        _log.warning("p2p daemon connection lost", socket=str(path), reason=link.reason)
        await asyncio.sleep(pause)


def fail(future: "asyncio.Future[Any]", error: Exception) -> None:
    """Give a future that is still waited for an error."""
    if not future.done():
        future.set_exception(error)
        future.exception()  # mark it as seen: whoever waited may have been cancelled
