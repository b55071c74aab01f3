"""Counts every request and every WebSocket by the template of its route."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from debros.gateway.metrics.requests import RequestFigures
from debros.gateway.metrics.routes import RouteNames
from debros.gateway.middleware.base import Step

_SWITCHED = 101
_REFUSED = 403  # what the server makes of a WebSocket that is closed before it was accepted
_CLIENT_CLOSED = 499  # see AccessLog


class CountRequests(Step):
    """Counts; also what is refused further in, which is why it stands outside."""

    def __init__(self, app: ASGIApp, *, figures: RequestFigures, routes: RouteNames) -> None:
        super().__init__(app)
        self._figures = figures
        self._routes = routes

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count it when it is over."""
        begin = time.perf_counter()
        asked = self._routes.find(scope["path"], scope.get("method", "GET"))
        http = scope["type"] == "http"
        status, size = _CLIENT_CLOSED, 0

        async def send_counting(message: Message) -> None:
            nonlocal status, size
            match message["type"]:
                case "http.response.start" | "websocket.http.response.start":
                    status = message["status"]
                case "http.response.body":
                    size += len(message.get("body", b""))
                case "websocket.accept":
                    status = _SWITCHED
                    self._figures.over(asked, status, time.perf_counter() - begin, None)
                    self._figures.under_way.dec()
                    self._figures.sockets.inc()
                case "websocket.close" if status == _CLIENT_CLOSED:
                    status = _REFUSED
            await send(message)

        self._figures.under_way.inc()
        try:
            await self._app(scope, receive, send_counting)
        finally:
            if (problem := scope["state"].get("problem")) is not None:
                self._figures.problem(problem)
            if status == _SWITCHED:
                self._figures.sockets.dec()
            else:
                self._figures.under_way.dec()
                self._figures.over(asked, status, time.perf_counter() - begin, size if http else None)
