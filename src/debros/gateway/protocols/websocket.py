"""WebSockets with a ping every interval, closed after two without any sign of life, and gone for good when closed.

Also unlike uvicorn's: a text frame's bytes reach the application undecoded (they are payload, UTF-8 or not), and no
log line shows the request's query, in which a browser's credential stands.
"""

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.frames import Frame
from websockets.http11 import Response
from websockets.protocol import State

from debros.gateway.protocols.limits import CLOSE_GRACE, MISSED_PONGS, STOPPING, ConnectionLimits

if TYPE_CHECKING:
    import asyncio

# uvicorn logs the path with its query at INFO, websockets the whole request at DEBUG.
_quiet = logging.getLogger("debros.gateway.websocket")
_quiet.setLevel(logging.WARNING)


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's sans-I/O WebSocket protocol with our keep-alive; see bounded_websocket()."""

    limits: ClassVar[ConnectionLimits]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _quiet
        self.conn.logger = _quiet
        self.conn.debug = False
        self._unanswered = 0
        self._abort_timer: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        if self._abort_timer is not None:
            self._abort_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Note the sign of life, then parse."""
        self._unanswered = 0  # whoever sends is alive, whatever it sends
        super().data_received(data)

    def handle_pong(self, event: Frame) -> None:
        """Do nothing: data_received() has noted it."""

    def schedule_ping(self) -> None:
        """Start the keep-alive; called once, when the upgrade was accepted."""
        self.ping_timer = self.loop.call_later(self.limits.ping_interval, self.send_keepalive_ping)

    def send_keepalive_ping(self) -> None:
        """Ping, or close when the last pings brought nothing back.

        While the application holds back reading, pongs wait in the socket's buffer and do not count as missed.
        """
        self.ping_timer = None
        if self.close_sent or self.transport.is_closing():
            return
        if self._unanswered >= MISSED_PONGS and not self.read_paused:
            self.keepalive_timeout()
            return
        self._unanswered += 1
        self.conn.send_ping(b"")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.schedule_ping()

    def send_receive_event_to_app(self) -> None:
        """Hand over a message's bytes; `frame` says which kind of frame they came in."""
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        event: Any = {"type": "websocket.receive", "bytes": bytes(data), "frame": self.curr_msg_data_type}
        self.queue.put_nowait(event)
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def keepalive_timeout(self) -> None:
        """Close because of missed pongs; whoever is not there will not take the close frame either."""
        super().keepalive_timeout()
        self._abort_later()

    def shutdown(self) -> None:
        """Close because the server stops, with 1012 (service restart); one that is not open yet is answered 503.

        uvicorn would answer that one 500, and fail when the closing of another is under way (websockets raises
        InvalidState), which would end the server on the spot.
        """
        if not self.handshake_complete and self.initial_response is None:
            self._turn_away()
        elif self.handshake_complete and self.conn.state is not State.OPEN:
            self.stop_keepalive()
            self.transport.close()
        else:
            super().shutdown()
        self._abort_later()

    def _turn_away(self) -> None:
        headers, body = STOPPING.response(self.scope["path"] if self.handshake_initiated else "")
        answer = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        self.conn.send_response(Response(STOPPING.status, HTTPStatus.SERVICE_UNAVAILABLE.phrase, answer, body))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()
        self.handshake_complete = True
        self.disconnected = True  # what the application still sends reaches nobody
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})

    async def send(self, message: Any) -> None:
        """Send; a complete refusal ends the handshake, or uvicorn logs it as a fault of the application."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    async def run_asgi(self) -> None:
        """Run the application, and see the connection off when it is done."""
        await super().run_asgi()
        self._abort_later()

    def _abort_later(self) -> None:
        """Give the peer a while to take what is under way, then cut the line.

        Without the cut a peer that stops reading would keep its connection, and what is buffered for it, for ever.
        """
        if self._abort_timer is None and not self.disconnected:
            self._abort_timer = self.loop.call_later(CLOSE_GRACE, self.transport.abort)


def bounded_websocket(limits: ConnectionLimits) -> type[BoundedWebSocket]:
    """Return a protocol class with these limits."""
    return type("BoundedWebSocket", (BoundedWebSocket,), {"limits": limits})
