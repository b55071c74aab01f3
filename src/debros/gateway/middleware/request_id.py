"""Every request has an id: the caller's own when it is sane, else a new one; in the answer and in every log line."""

import re
import secrets

import structlog
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from debros.gateway.middleware.base import Step

_SANE = re.compile(r"[A-Za-z0-9._-]{1,128}")
# The messages that carry response headers: an answer, an accepted upgrade, a refused upgrade.
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})


class RequestId(Step):
    """Sets `scope["state"]["request_id"]` and the header X-Request-ID."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give a request its id and pass it on."""
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _SANE.fullmatch(given) else secrets.token_hex(12)
        scope.setdefault("state", {})["request_id"] = request_id
        header = (b"x-request-id", request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] in _STARTS:
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)
