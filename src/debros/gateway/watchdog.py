"""Telling systemd how the gateway is; its life signs are earned by an answered HTTP request."""

import abc
import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

from debros.gateway.protocols.limits import ServerState
from debros.systemd import Notifier, watchdog

TIMEOUT: Final = 10.0
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - replaced, not bound
_REQUEST: Final = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nUser-Agent: debros-watchdog\r\nConnection: close\r\n\r\n"
_GOOD: Final = b"HTTP/1.1 200 "


class Probe(abc.ABC):
    """Asks for `/livez`; how the question gets there is the subclass's.

    `/livez` looks at nothing behind the gateway: a database that is away is no reason to restart it.

    Args:
        timeout: seconds for the answer.
    """

    def __init__(self, timeout: float | None = None) -> None:
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
        return "" if answer.startswith(_GOOD) else f"unexpected answer {answer[:40]!r}"

    @abc.abstractmethod
    async def _get(self) -> bytes:
        """Return the first line of the answer."""

    @staticmethod
    async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Ask over a connection, which is closed then."""
        try:
            writer.write(_REQUEST)
            return await reader.readline()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class LivenessProbe(Probe):
    """Asks the gateway, through its own door, whether it answers.

    Args:
        listening: the socket whose address is asked.
        state: the server's, so that the question is not refused when it is full.
        tls: the server's TLS context; None for plain HTTP.
        timeout: seconds for the answer.
    """

    def __init__(
        self,
        listening: socket.socket,
        state: ServerState,
        tls: ssl.SSLContext | None = None,
        *,
        timeout: float | None = None,
    ) -> None:
        super().__init__(timeout)
        self._family = listening.family
        self._address = _address_of(listening)
        self._state = state
        self._tls = _trusting() if tls else None

    async def _get(self) -> bytes:
        with socket.socket(self._family, socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            own = self._bind(sock)
            try:
                await asyncio.get_running_loop().sock_connect(sock, self._address)
                return await self._exchange(sock)
            finally:
                self._state.own_clients -= own

    def _bind(self, sock: socket.socket) -> set[tuple[str, int]]:
        """Choose our address before the connection is made, so that the server knows it when it comes."""
        if self._family not in (socket.AF_INET, socket.AF_INET6):
            return set()
        sock.bind((self._address[0], 0))
        own = {(str(sock.getsockname()[0]), int(sock.getsockname()[1]))}
        self._state.own_clients |= own
        return own

    async def _exchange(self, sock: socket.socket) -> bytes:
        name = "localhost" if self._tls else None
        return await self._asked(*await asyncio.open_connection(sock=sock.dup(), ssl=self._tls, server_hostname=name))


async def report(notifier: Notifier, *, check: Callable[[], Awaitable[str]], status: Callable[[], str]) -> None:
    """Report until cancelled; arguments are those of `report_once`."""
    while True:
        seconds = await watchdog.report_once(notifier, check=check, status=status)
        await asyncio.sleep(seconds)


def _address_of(listening: socket.socket) -> tuple[str, int] | str:
    name = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        return str(name)
    return _ANY_ADDRESS.get(name[0], name[0]), int(name[1])


def _trusting() -> ssl.SSLContext:
    """Make a client context without verification: the question goes to ourselves, and the certificate names others."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
