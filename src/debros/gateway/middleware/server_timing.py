"""The Server-Timing header: where the time of a request went."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from debros.gateway.timings import Timings


class ServerTiming:
    """Puts a stop-watch into `scope["state"]["timings"]` and its reading into the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its stop-watch."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        timings = Timings()
        scope["state"]["timings"] = timings
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return

        async def send_with_timing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"server-timing", timings.header().encode())]
            await send(message)

        await self._app(scope, receive, send_with_timing)
