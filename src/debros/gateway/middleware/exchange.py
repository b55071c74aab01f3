"""What is noted about one request while it is answered, and the headers that every answer gets."""

from collections.abc import Awaitable, Callable
from time import perf_counter

from starlette.types import Message, Scope, Send

from debros.gateway.metrics.requests import RequestFigures
from debros.gateway.timings import Timings

SWITCHED = 101
# nginx's number for "the client went away before the answer"; nothing on the wire says it.
_CLIENT_CLOSED = 499
_REFUSED = 403  # what the server makes of a WebSocket that is closed before it was accepted

Headers = list[tuple[bytes, bytes]]


class Exchange:
    """One HTTP request and its answer, or one WebSocket from its upgrade to its end.

    Args:
        scope: The request; id and timings are in its state.
        send: Where the answer goes.
        complete: Adds what belongs into the head of every HTTP answer.
        figures: Counts it.
        asked: Template of its route, and method, for the figures.

    Attributes:
        status: Of the answer; 101 of an accepted WebSocket, 499 while there is none.
        seconds: How long it has taken, once it is over.
    """

    __slots__ = (
        "_asked", "_begin", "_complete", "_figures", "_http", "_id", "_send", "_size", "_timings", "scope", "seconds",
        "status",
    )  # fmt: skip

    def __init__(
        self,
        scope: Scope,
        send: Send,
        complete: Callable[[Scope, Headers], None],
        figures: RequestFigures,
        asked: tuple[str, str],
    ) -> None:
        self.scope = scope
        self.status = _CLIENT_CLOSED
        self.seconds = 0.0
        self._begin = perf_counter()
        self._send = send
        self._complete = complete
        self._figures = figures
        self._asked = asked
        self._http = scope["type"] == "http"
        self._size = 0
        state = scope["state"]
        self._id = (b"x-request-id", state["request_id"].encode())
        self._timings = state["timings"] = Timings()
        figures.under_way.inc()

    def send(self, message: Message) -> Awaitable[None]:
        """Note what goes out, and complete its head; nothing is awaited here, so there is no coroutine of our own."""
        match message["type"]:
            case "http.response.body":
                self._size += len(message.get("body", b""))
            case "http.response.start":
                self.status = message["status"]
                headers = message["headers"] = list(message.get("headers", ()))
                self._complete(self.scope, headers)
                headers += ((b"server-timing", self._timings.header().encode()), self._id)
            case "websocket.accept":
                self.status = SWITCHED
                message["headers"] = [*message.get("headers", ()), self._id]
                self._count(None)
                self._figures.under_way.dec()
                self._figures.sockets.inc()
            case "websocket.http.response.start":
                self.status = message["status"]
                message["headers"] = [*message.get("headers", ()), self._id]
            case "websocket.close" if self.status == _CLIENT_CLOSED:
                self.status = _REFUSED
        return self._send(message)

    def over(self) -> None:
        """Count it, now that it is over."""
        if (problem := self.scope["state"].get("problem")) is not None:
            self._figures.problem(problem)
        if self.status == SWITCHED:
            self._figures.sockets.dec()
            self.seconds = perf_counter() - self._begin
        else:
            self._figures.under_way.dec()
            self._count(self._size if self._http else None)

    def _count(self, size: int | None) -> None:
        self.seconds = perf_counter() - self._begin
        self._figures.over(self._asked, self.status, self.seconds, size)
