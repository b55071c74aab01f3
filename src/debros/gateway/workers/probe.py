"""A worker asks itself whether it answers."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from debros.gateway.protocols.http import BoundedHttp
from debros.gateway.watchdog import GOOD, REQUEST, TIMEOUT


class InnerProbe:
    """Asks for `/livez` over a pair of sockets of which the server has one end.

    Through the gateway's door, where a process alone asks itself (debros.gateway.watchdog), any worker may answer, and
    one that hangs would never be found out. Everything behind the door is the same: protocol, event loop, application.

    Args:
        new_protocol: Makes what serves one connection.
        timeout: Seconds for the answer.
    """

    def __init__(self, new_protocol: Callable[[], BoundedHttp], *, timeout: float | None = None) -> None:
        self._new = new_protocol
        self._timeout = timeout or TIMEOUT

    async def ask(self) -> str:
        """Return what is wrong, "" when nothing is."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._get()
        except TimeoutError:
            return f"no answer within {self._timeout:g} s"
        except OSError as error:
            return str(error) or type(error).__name__
        return "" if answer.startswith(GOOD) else f"unexpected answer {answer[:40]!r}"

    async def _get(self) -> bytes:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        await asyncio.get_running_loop().connect_accepted_socket(self._protocol, theirs)
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        try:
            writer.write(REQUEST)
            return await reader.readline()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _protocol(self) -> asyncio.Protocol:
        made = self._new()
        made.own = True  # it is served in a flood too
        return made
