"""Request bodies are bounded in bytes and in time, before anything is decoded.

After a refusal the connection stays usable: the server reads what the client still sends and throws it away.
"""

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from debros.gateway.arrivals import arrived
from debros.gateway.errors import Problem
from debros.gateway.headers import header


class BodyLimit:
    """Counts a body while it is read.

    Args:
        app: What comes next.
        default: Most bytes of a body.
        by_path: Most bytes for routes that take more.
        timeout: Seconds for a whole body.
    """

    def __init__(self, app: ASGIApp, *, default: int, by_path: Mapping[str, int], timeout: float) -> None:
        self._app = app
        self._default = default
        self._by_path = dict(by_path)
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body bounded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._by_path.get(scope["path"], self._default)
        declared = header(scope, b"content-length")
        if declared.isascii() and declared.isdigit() and int(declared) > limit:
            raise _too_large(limit)
        await self._app(scope, self._counting(scope, receive, limit), send)

    def _counting(self, scope: Scope, receive: Receive, limit: int) -> Receive:
        received = 0
        complete = False
        deadline = asyncio.get_running_loop().time() + self._timeout

        async def receive_counted() -> Message:
            nonlocal received, complete
            if complete:
                return await receive()  # nothing but the end of the connection can come now
            try:
                if arrived(scope):
                    message = await receive()  # at once: a clock for it would cost more than the rest of this
                else:
                    async with asyncio.timeout_at(deadline):
                        message = await receive()
            except TimeoutError:
                raise Problem(
                    408,
                    "request_timeout",
                    f"the request body did not arrive within {self._timeout:g} s",
                    headers={"Connection": "close"},
                ) from None
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                complete = not message.get("more_body", False)
                if received > limit:
                    raise _too_large(limit)
            return message

        return receive_counted


def _too_large(limit: int) -> Problem:
    return Problem(413, "body_too_large", f"the request body is larger than {limit} bytes; send less at once")
