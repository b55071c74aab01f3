"""One kept-alive HTTP/1.1 connection to rqlited: one request at a time, its answer read whole and bounded.

A general client spends more processor time on a point read than rqlited does (docs/performance.md). What rqlited needs
of HTTP is little: a length or chunks, a status, one header; no cookies, redirects, proxies or compression.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, cast

import httptools

if TYPE_CHECKING:
    from collections.abc import Callable

# rqlited's heads have some 200 bytes; an answer whose head never ends is not rqlited's.
_MAX_HEAD = 65_536
_VERSION = b"x-rqlite-version"
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_FIRST_FINAL = 200  # statuses below are announcements, and the answer is still to come (RFC 9110, 15.2)


class Broken(ConnectionError):  # noqa: N818 - see errors.py: names say what happened
    """The connection ended, or what came is not HTTP.

    Attributes:
        heard: Something of an answer had come, so that the request was read for sure.
    """

    def __init__(self, reason: str, *, heard: bool) -> None:
        super().__init__(reason)
        self.heard = heard


class OverLimit(Exception):  # noqa: N818 - see errors.py: names say what happened
    """The answer is larger than it may be; the rest of it was not read."""


class Answer(NamedTuple):
    """An answer: its status, what X-Rqlite-Version says (empty without), its body."""

    status: int
    version: str
    body: bytes


class Connection(asyncio.Protocol):
    """One connection, for one event loop.

    Args:
        lost: Told when the connection has ended, whoever ended it.

    Attributes:
        usable: The next request may go over it.
        idle_since: For the pool's notes: when it was used last, on the event loop's clock.
    """

    def __init__(self, lost: Callable[[Connection], None]) -> None:
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._limit = 0
        self.usable = False
        self.idle_since = 0.0
        self._expect()

    async def exchange(self, request: bytes, *, seconds: float, limit: int) -> Answer:
        """Send a request and return its answer. Without a whole one the connection ends, also when it is cancelled.

        Args:
            request: Head and body.
            seconds: How long it may take.
            limit: The most bytes of the answer's body.

        Raises:
            TimeoutError: There was no whole answer in time.
            Broken: The connection ended first.
            OverLimit: The body is larger than `limit`.
        """
        if self._transport is None or not self.usable:
            raise Broken("the connection has ended", heard=False)
        self.usable = False
        self._limit = limit
        self._expect()
        self._waiting = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._time_out)
        try:
            self._transport.write(request)
            return await self._waiting
        finally:
            timer.cancel()
            self._waiting = None
            if not self.usable:
                self.abort()

    def abort(self) -> None:
        """End the connection at once."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    # --- what the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready for a request."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses of asyncio's
        self.usable = True

    def data_received(self, data: bytes) -> None:
        """Read a piece of the answer."""
        if self._waiting is None:
            self.abort()  # nobody has asked
            return
        self._heard = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(Broken("the answer is not HTTP", heard=True))
            return
        if not self._head_complete:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD:
                self._fail(Broken("the head of the answer does not end", heard=True))

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what is under way, unless the end is how this answer ends."""
        self.usable = False
        self._lost(self)
        if exc is None and self._head_complete and not self._framed:
            self._complete()
            self.usable = False
        else:
            self._fail(Broken("the connection ended", heard=self._heard))

    # --- what the parser tells

    def on_message_begin(self) -> None:
        """Begin an answer; a second one nobody has asked for."""
        self.usable = False
        self._head_complete = self._framed = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note the few headers that matter."""
        name = name.lower()
        if name == _VERSION:
            self._version = value.decode("latin-1")
        elif name in _FRAMING:
            self._framed = True

    def on_headers_complete(self) -> None:
        """Note that the head is here."""
        self._head_complete = self._parser.get_status_code() >= _FIRST_FINAL

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body, as long as it is not too much."""
        self._size += len(body)
        if self._size > self._limit:
            self._fail(OverLimit())
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Hand the answer over, unless it was only the announcement of one."""
        if self._head_complete:
            self._complete()

    # --- ends

    def _expect(self) -> None:
        """Forget the last answer."""
        self._version = ""
        self._body: list[bytes] = []
        self._size = self._head_bytes = 0
        self._heard = self._head_complete = self._framed = False

    def _complete(self) -> None:
        if self._waiting is None or self._waiting.done():
            return
        # What is still unsent of a request that was answered early would stand before the next one.
        unsent = self._transport is None or self._transport.get_write_buffer_size()
        self.usable = self._parser.should_keep_alive() and not unsent
        self._waiting.set_result(Answer(self._parser.get_status_code(), self._version, b"".join(self._body)))

    def _time_out(self) -> None:
        self._fail(TimeoutError())

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
        self._body.clear()
        self.abort()
