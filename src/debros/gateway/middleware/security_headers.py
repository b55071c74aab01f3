"""Headers that keep a browser from doing more with an answer than was meant; a route may set its own instead."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What an API answers is data: no page may frame it, no browser may guess its type, no cache may keep it.
_ALWAYS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_TLS = {"strict-transport-security": "max-age=31536000"}


class SecurityHeaders:
    """Adds the headers to every HTTP answer; HSTS only where the gateway itself speaks TLS."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        headers = _ALWAYS | (_TLS if tls else {})
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and add the headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                message["headers"] = given + [header for header in self._headers if header[0] not in names]
            await send(message)

        await self._app(scope, receive, send_with_headers)
