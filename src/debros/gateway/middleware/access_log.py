"""One log line for every request. Never its query: a WebSocket's credential may stand there."""

import time

from starlette.types import Message, Receive, Scope, Send

from debros import logs
from debros.gateway.middleware.base import Step

_log = logs.get("debros.gateway.access")
_SWITCHED = 101
# nginx's number for "the client went away before the answer"; nothing on the wire says it.
_CLIENT_CLOSED = 499
# Asked every second by whoever watches; a good answer is no news.
_PROBES = frozenset({"/health", "/v1/health", "/livez", "/readyz"})
_GOOD = 200


class AccessLog(Step):
    """Logs `request` when an answer is complete and `websocket` when a socket has ended; good probes at debug."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and log it."""
        begin = time.perf_counter()
        status = _CLIENT_CLOSED

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                status = message["status"]
            elif message["type"] == "websocket.accept":
                status = _SWITCHED
            await send(message)

        try:
            await self._app(scope, receive, send_noting_status)
        finally:
            principal = scope["state"].get("principal")
            write = _log.debug if status == _GOOD and scope["path"] in _PROBES else _log.info
            write(
                "websocket" if status == _SWITCHED else "request",
                method=scope.get("method", "GET"),
                path=scope["path"],
                status=status,
                duration_ms=round((time.perf_counter() - begin) * 1000, 3),
                client=scope["client"][0] if scope.get("client") else "",
                namespace=principal.namespace if principal else "",
            )
