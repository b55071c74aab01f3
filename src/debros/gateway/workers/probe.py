"""A worker asks itself whether it answers."""

import asyncio
import socket
from collections.abc import Callable

from debros.gateway.protocols.http import BoundedHttp
from debros.gateway.watchdog import Probe


class InnerProbe(Probe):
    """Asks for `/livez` over a pair of sockets of which the server has one end.

    Through the gateway's door, where a process alone asks itself (debros.gateway.watchdog), any worker may answer, and
    one that hangs would never be found out. Everything behind the door is the same: protocol, event loop, application.

    Args:
        new_protocol: Makes what serves one connection.
        timeout: Seconds for the answer.
    """

    def __init__(self, new_protocol: Callable[[], BoundedHttp], *, timeout: float | None = None) -> None:
        super().__init__(timeout)
        self._new = new_protocol

    async def _get(self) -> bytes:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        await asyncio.get_running_loop().connect_accepted_socket(self._protocol, theirs)
        return await self._asked(*await asyncio.open_unix_connection(sock=ours))

    def _protocol(self) -> asyncio.Protocol:
        made = self._new()
        made.own = True  # it is served in a flood too
        return made
