"""What goes around every request, in one step: address, id, figures, log line, and the headers of every answer.

As middlewares of their own, each with its wrap around `send`, they took a third of the processor time of a write.
"""

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from debros.gateway.metrics.requests import RequestFigures
from debros.gateway.metrics.routes import RouteNames
from debros.gateway.middleware import access_log
from debros.gateway.middleware.client_address import ClientAddress
from debros.gateway.middleware.cors import Cors
from debros.gateway.middleware.exchange import Exchange, Headers
from debros.gateway.middleware.request_id import request_id
from debros.gateway.middleware.security_headers import SecurityHeaders

_KINDS = frozenset({"http", "websocket"})


class Envelope:
    """The outermost step; also what is refused further in is counted, logged and answered with all headers.

    Args:
        app: What comes next.
        addresses: Knows who is at the other end.
        figures: Counts every request.
        routes: Their names in figures.
        cors: Which pages may read answers; answers preflights.
        security: Headers against misuse by browsers.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        addresses: ClientAddress,
        figures: RequestFigures,
        routes: RouteNames,
        cors: Cors,
        security: SecurityHeaders,
    ) -> None:
        self._app = app
        self._addresses = addresses
        self._figures = figures
        self._routes = routes
        self._cors = cors
        self._security = security

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and see to it that it is counted and logged however it ends."""
        if scope["type"] not in _KINDS:
            await self._app(scope, receive, send)
            return
        scope = self._addresses.seen(scope)
        identity = request_id(scope)
        scope.setdefault("state", {})["request_id"] = identity
        asked = self._routes.find(scope["path"], scope.get("method", "GET"))
        exchange = Exchange(scope, send, self._complete, self._figures, asked)
        bound = structlog.contextvars.bind_contextvars(request_id=identity)
        try:
            await (self._cors.preflight(scope) or self._app)(scope, receive, exchange.send)
        finally:
            exchange.over()
            access_log.log(scope, exchange.status, exchange.seconds)
            structlog.contextvars.reset_contextvars(**bound)

    def _complete(self, scope: Scope, headers: Headers) -> None:
        self._cors.add(scope, headers)
        self._security.add(headers)
