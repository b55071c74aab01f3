"""Accepting connections so that every worker gets its part of them.

All workers accept from the same sockets, so what waits there is nobody's, and a worker that ends takes nothing of it
away. But who is idle is also who is asked first: 63 of 64 connections made at once went to one of two idle workers. So
a worker that has more than its part leaves the next one to the others for a moment, and takes it when nobody did.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
from typing import TYPE_CHECKING, Final

from debros import logs

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine

    from debros.gateway.workers.tally import Tally

_log = logs.get("debros.gateway.workers")
# Seconds for which a connection is left to the others: they are asleep and have only to wake up.
_COURTESY: Final = 0.002
# There are no descriptors or there is no memory: it will not be better at once (accept(2)).
_SHORTAGE: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_SHORTAGE_PAUSE: Final = 1.0


class Door:
    """Accepts from one listening socket, from `open` to `close`; to uvicorn it is a server of asyncio's.

    Args:
        listening: The socket; it does not block.
        tally: Connections of all workers.
        receive: Takes a new connection over.
    """

    def __init__(
        self,
        listening: socket.socket,
        tally: Tally,
        receive: Callable[[socket.socket], Coroutine[None, None, None]],
    ) -> None:
        self._listening = listening
        self._tally = tally
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._receiving: set[asyncio.Task[None]] = set()
        self._open = False
        self._in_vain = 0

    def open(self) -> None:
        """Begin to accept."""
        self._open = True
        self._loop.add_reader(self._listening, self._knock)

    def close(self) -> None:
        """Accept no more."""
        if self._open:
            self._loop.remove_reader(self._listening)
        if self._timer is not None:
            self._timer.cancel()
        self._open = False

    async def wait_closed(self) -> None:
        """Give up who is still at the TLS handshake; all others are connections of the server's by now."""
        for task in self._receiving:
            task.cancel()

    def _knock(self) -> None:
        if self._tally.above_share(len(self._receiving)):
            self._later(_COURTESY)
        else:
            self._in_vain = 0
            self._accept(1)

    def _later(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._timer = self._loop.call_later(seconds, self._again)

    def _again(self) -> None:
        # One more each time nobody else has come, so that others who hang are waited for less and less.
        self._in_vain += 1
        if self._accept(self._in_vain):
            self._loop.add_reader(self._listening, self._knock)

    def _accept(self, most: int) -> bool:
        """Accept what waits; tell whether more may be accepted at once."""
        for _ in range(most):
            try:
                sock, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                self._in_vain = 0
                break
            except OSError as error:
                if error.errno not in _SHORTAGE:
                    raise
                _log.error("connections cannot be accepted", reason=error.strerror, retry_in=_SHORTAGE_PAUSE)
                self._later(_SHORTAGE_PAUSE)
                return False
            sock.setblocking(False)
            task = self._loop.create_task(self._take(sock))
            self._receiving.add(task)
            task.add_done_callback(self._receiving.discard)
        return True

    async def _take(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):  # who hangs up, or fails at the TLS handshake
            await self._receive(sock)
