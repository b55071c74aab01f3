"""Connections to the nodes of one cluster: so many at once, kept for the next request, made when there is none."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import defaultdict
from typing import NamedTuple

from debros.rqlite.wire import Answer, Broken, Connection

# A node on the same host or network answers a connect within milliseconds; longer means it is gone.
_CONNECT_TIMEOUT = 3.0
# The share of a request's time that finding a connection may take at most, so that some is left for the answer.
_CONNECT_SHARE = 0.9
# Seconds after which an unused connection is not trusted any more: firewalls forget such ones without a word.
_KEEP = 15.0


class CannotConnect(Exception):  # noqa: N818 - see errors.py: names say what happened
    """There was no connection in time, or none can be made. Nothing was sent."""


class Origin(NamedTuple):
    """Who listens where."""

    host: str
    port: int
    tls: bool


class Pool:
    """Connections, for one event loop; `close()` ends them.

    Args:
        size: Requests under way at most, all nodes together; others wait for their turn.
        limit: The most bytes of an answer's body.
    """

    def __init__(self, size: int, limit: int) -> None:
        self._limit = limit
        self._slots = asyncio.Semaphore(size)
        self._open: set[Connection] = set()
        # By node, in the order in which they became idle: the last is taken first, so those not needed grow old.
        self._idle: defaultdict[Origin, dict[Connection, None]] = defaultdict(dict)
        self._loop = asyncio.get_running_loop()
        self._empty = asyncio.Event()
        self._tls: ssl.SSLContext | None = None
        self._closed = False

    async def exchange(self, origin: Origin, request: bytes, *, seconds: float, repeatable: bool) -> Answer:
        """Send a request and return its answer.

        A node that restarts, or a firewall, may end an idle connection in the moment in which it is used. What is
        `repeatable` then goes once more, over a new one, if nothing of an answer had come.

        Args:
            origin: The node.
            request: Head and body.
            seconds: How long all of it may take.
            repeatable: It changes nothing.

        Raises:
            CannotConnect: Nothing was sent.
            TimeoutError: There was no answer in time.
            Broken: The connection ended before the answer did.
            OverLimit: The answer is too large.
        """
        deadline = self._loop.time() + seconds
        patience = min(_CONNECT_TIMEOUT, seconds * _CONNECT_SHARE)
        if self._slots.locked():
            await self._turn(patience)
        else:
            await self._slots.acquire()  # at once
        try:
            connection = self._kept(origin)
            if connection is not None:
                try:
                    return await self._ask(connection, origin, request, deadline)
                except Broken as error:
                    if error.heard or not repeatable:
                        raise
            left = min(patience, deadline - self._loop.time())
            connection = await self._connect(origin, left)
            return await self._ask(connection, origin, request, deadline)
        finally:
            self._slots.release()

    async def close(self) -> None:
        """End every connection; what is under way breaks."""
        self._closed = True
        for connection in list(self._open):
            connection.abort()
        if self._open:
            await self._empty.wait()

    async def _turn(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise CannotConnect from None

    async def _ask(self, connection: Connection, origin: Origin, request: bytes, deadline: float) -> Answer:
        try:
            return await connection.exchange(request, seconds=max(deadline - self._loop.time(), 0.0), limit=self._limit)
        finally:
            if connection.usable:
                self._keep(connection, origin)

    def _kept(self, origin: Origin) -> Connection | None:
        """Return the connection that was used last, None when there is none that can be trusted."""
        idle = self._idle[origin]
        while idle:
            connection, _ = idle.popitem()
            if connection.usable and self._loop.time() - connection.idle_since <= _KEEP:
                return connection
            connection.abort()
        return None

    def _keep(self, connection: Connection, origin: Origin) -> None:
        now = connection.idle_since = self._loop.time()
        idle = self._idle[origin]
        idle[connection] = None
        oldest = next(iter(idle))
        if now - oldest.idle_since > _KEEP:
            del idle[oldest]
            oldest.abort()

    async def _connect(self, origin: Origin, seconds: float) -> Connection:
        """Return a new connection to the first address of a node that takes one.

        Raises:
            CannotConnect: None does, in time.
        """
        try:
            async with asyncio.timeout(seconds):
                found = await self._loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
                for family, _, _, _, address in found:
                    # An address that does not answer leaves the others their share of the time.
                    connection = await self._try(origin, family, str(address[0]), seconds / len(found))
                    if connection is not None:
                        return connection
        except OSError:  # the name is unknown, or all of it took too long: TimeoutError is one
            pass
        raise CannotConnect

    async def _try(self, origin: Origin, family: int, address: str, seconds: float) -> Connection | None:
        try:
            async with asyncio.timeout(seconds):
                _, connection = await self._loop.create_connection(
                    lambda: Connection(lambda ended: self._lost(origin, ended)),
                    address,
                    origin.port,
                    family=family,
                    ssl=self._context() if origin.tls else None,
                    server_hostname=origin.host if origin.tls else None,
                )
        except OSError:
            return None
        if not connection.usable:
            return None
        self._open.add(connection)
        if self._closed:
            connection.abort()
        return connection

    def _lost(self, origin: Origin, connection: Connection) -> None:
        self._open.discard(connection)
        self._idle[origin].pop(connection, None)
        if self._closed and not self._open:
            self._empty.set()

    def _context(self) -> ssl.SSLContext:
        """Return how nodes are checked that speak TLS: by the authorities this machine trusts, and by name."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls
