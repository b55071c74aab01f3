"""HTTP/1.1 with a clock on every stage in which the application is not at work.

uvicorn times only idle keep-alive connections. Here one timer covers the others: waiting for a request's headers,
and throwing away a body that was refused. It also bounds heads and connections.
"""

import asyncio
from asyncio import TimerHandle
from typing import Any, ClassVar

from starlette.types import Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from debros.gateway import arrivals, departures
from debros.gateway.errors import Problem
from debros.gateway.protocols import cycle as cycles
from debros.gateway.protocols.limits import (
    LAST_REQUEST,
    MAX_DISCARDED_BYTES,
    MAX_HEAD_BYTES,
    MAX_TURNED_AWAY,
    STOPPING,
    ConnectionLimits,
    ServerState,
)
from debros.rqlite.writes import Departure

_CLOSE = {"Connection": "close"}
_BUSY = Problem(
    503,
    "too_many_connections",
    "the gateway has too many connections; try again",
    headers=_CLOSE | {"Retry-After": "5"},
)
_BAD_REQUEST = Problem(400, "bad_request", "this is not a valid HTTP/1.1 request", headers=_CLOSE)
_HEAD_TOO_LARGE = Problem(
    431, "headers_too_large", f"the request's head is larger than {MAX_HEAD_BYTES} bytes", headers=_CLOSE
)
_HEAD_TIMEOUT = Problem(408, "request_timeout", "the request's headers did not arrive in time", headers=_CLOSE)
# What the websockets library takes when it reads the head a second time (http11.py: 128 lines of 8192 bytes).
_WS_MAX_HEADERS = 120
_WS_MAX_LINE = 8000


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's httptools protocol with limits; see bounded_http()."""

    limits: ClassVar[ConnectionLimits]
    state: ClassVar[ServerState]
    own = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timer: TimerHandle | None = None
        self._head_bytes = 0
        self._discarded = 0
        self._in_head = False
        self._in_message = False
        self._upgraded = False
        self._departure = Departure()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn does
        """Start the clock, and turn the connection away when there are too many."""
        super().connection_made(transport)
        connections = 0 if self._is_own(transport) else len(self.connections) + self.state.tally.elsewhere()
        if connections > self.limits.max_connections + MAX_TURNED_AWAY:
            self.state.refused["dropped"] += 1
            transport.abort()
        elif connections > self.limits.max_connections:
            self.state.refused[_BUSY.code] += 1
            self.app = _turn_away
            self.ws_protocol_class = None
        self._arm(self.limits.header_timeout)
        if self.state.stopping:  # accepted in the last moment
            self.shutdown()

    def shutdown(self) -> None:
        """See the connection off: what is under way is finished, and a request that is on the wire is still answered.

        uvicorn closes a connection without a request at once, and with it one whose request has just been sent.
        """
        if self._working():
            super().shutdown()
        else:
            self.loop.call_later(LAST_REQUEST, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock, and tell who works for the client that it has gone."""
        self._disarm()
        self._departure.note()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, then look at sizes and clock."""
        super().data_received(data)
        if self._upgraded or self.transport.is_closing() or self.parser is None:
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(_HEAD_TOO_LARGE)
                return
        elif self._in_message and not self._working():
            self._discarded += len(data)
            if self._discarded > MAX_DISCARDED_BYTES:
                self.transport.abort()
                return
        self._watch()

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        super().on_message_begin()
        departures.attach(self.scope, self._departure)
        self._in_head = self._in_message = True
        self._head_bytes = self._discarded = 0

    def on_headers_complete(self) -> None:
        """Note that its head is here."""
        self._in_head = False
        super().on_headers_complete()
        if self.state.stopping and self._working():
            self.cycle.keep_alive = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        ours = cycles.of(cycle)
        arrivals.attach(ours.scope, ours.arrived)
        super()._start_asgi_task(ours, app)

    def on_message_complete(self) -> None:
        """Note that its body is here."""
        self._in_message = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Note that the application is done."""
        super().on_response_complete()
        self._watch()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to the WebSocket protocol."""
        if self.state.stopping:
            self._refuse(STOPPING)
            return
        if (
            len(self.headers) > _WS_MAX_HEADERS
            or max(map(_line_length, [(b"", self.url), *self.headers])) > _WS_MAX_LINE
        ):
            self._refuse(_HEAD_TOO_LARGE)
            return
        self._upgraded = True
        self._disarm()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text is replaced by ours
        """Answer what is no HTTP; also a problem."""
        self._refuse(_BAD_REQUEST)

    def _watch(self) -> None:
        """See to it that a timer runs unless the application is at work."""
        if self._working():
            self._disarm()
        elif self._in_head:
            self._arm(self.limits.header_timeout)
        elif self._in_message:
            self._arm(self.limits.idle_timeout)
        elif self.timeout_keep_alive_task is None:
            self._arm(self.limits.header_timeout)  # stray line ends stopped uvicorn's own timer
        else:
            self._disarm()

    def _working(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn's annotation leaves the None out
        return cycle is not None and not cycle.response_complete

    def _is_own(self, transport: asyncio.Transport) -> bool:
        """Tell whether the server asks itself. That must work in a flood too, or the watchdog would make it worse."""
        if self.own or not self.state.own_clients:
            return self.own
        peer = transport.get_extra_info("peername")
        return bool(peer) and (str(peer[0]).removeprefix("::ffff:"), peer[1]) in self.state.own_clients

    def _close_if_idle(self) -> None:
        if not self._upgraded and not self._working() and not self._in_head:
            self.transport.close()

    def _arm(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(seconds, self._timed_out)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _timed_out(self) -> None:
        self._timer = None
        if self._in_head:
            self._refuse(_HEAD_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        """Write an answer below ASGI and close."""
        self._disarm()
        self.state.refused[problem.code] += 1
        headers, body = problem.response("")
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(b"HTTP/1.1 %d \r\n%b\r\n%b" % (problem.status, lines, body))
        self.transport.close()


def bounded_http(limits: ConnectionLimits, state: ServerState) -> type[BoundedHttp]:
    """Return a protocol class with these limits, for one server."""
    return type("BoundedHttp", (BoundedHttp,), {"limits": limits, "state": state})


def _line_length(header: tuple[bytes, bytes]) -> int:
    return len(header[0]) + len(header[1])


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
    headers, body = _BUSY.response(scope["path"])
    await send({"type": "http.response.start", "status": _BUSY.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
