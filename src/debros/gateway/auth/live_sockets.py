"""Open WebSockets of credentials that can be revoked: a revocation closes them too."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from starlette.types import Message, Send

from debros import logs
from debros.gateway.auth.principal import Principal
from debros.rqlite.errors import RqliteError

_log = logs.get("debros.gateway.auth")
_POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1
_GONE = {"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "credential revoked"}


class LiveSocket:
    """One open socket; nothing more is sent once it was closed here."""

    def __init__(self, principal: Principal, send: Send) -> None:
        self.principal = principal
        self._send = send
        self._open = False
        self._closed = False
        self._doomed = False

    async def send(self, message: Message) -> None:
        """Pass on what the application sends."""
        if self._closed:
            return
        self._open = self._open or message["type"] == "websocket.accept"
        self._closed = message["type"] in {"websocket.close", "websocket.http.response.body"}
        await self._send(message)
        if self._doomed:
            await self.close()

    async def close(self) -> None:
        """Close it, as soon as it is open; the application then reads that its client is gone."""
        self._doomed = True
        if self._open and not self._closed:
            self._closed = True
            await self._send(_GONE)


class LiveSockets:
    """The sockets to look at after a revocation.

    Args:
        recheck: Returns the caller as it is now, None when its credential is not good any more.
    """

    def __init__(self, recheck: Callable[[Principal], Awaitable[Principal | None]]) -> None:
        self._recheck = recheck
        self._sockets: set[LiveSocket] = set()
        self._looking: asyncio.Task[None] | None = None
        self._again = False

    def add(self, socket: LiveSocket) -> None:
        """Watch over a socket."""
        self._sockets.add(socket)

    def remove(self, socket: LiveSocket) -> None:
        """Forget a socket."""
        self._sockets.discard(socket)

    def look(self, _changes: object = None) -> None:
        """Start to look at all of them; while that is under way, once more after it."""
        self._again = True
        if self._sockets and (self._looking is None or self._looking.done()):
            self._looking = asyncio.get_running_loop().create_task(self._look(), name="revoked sockets")

    async def close(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        while self._again:
            self._again = False
            for socket in list(self._sockets):
                try:
                    now = await self._recheck(socket.principal)
                except RqliteError:
                    continue  # nobody can say; the next change, or the database's return, asks again
                if now is None or not now.owner:
                    self.remove(socket)
                    _log.info(
                        "a socket is closed: its credential was revoked",
                        namespace=socket.principal.namespace,
                        credential=socket.principal.key_id,
                    )
                    with contextlib.suppress(OSError, RuntimeError):  # it was going anyway
                        await socket.close()
