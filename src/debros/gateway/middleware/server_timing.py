"""The Server-Timing header: where the time of a request went."""

from starlette.types import Message, Receive, Scope, Send

from debros.gateway.middleware.base import Step
from debros.gateway.timings import Timings


class ServerTiming(Step):
    """Puts a stop-watch into `scope["state"]["timings"]` and its reading into the answer."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its stop-watch."""
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
