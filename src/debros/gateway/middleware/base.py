"""What most middlewares are: a step around every request and WebSocket; the server's own messages pass by."""

from abc import ABC, abstractmethod

from starlette.types import ASGIApp, Receive, Scope, Send


class Step(ABC):
    """A middleware for HTTP requests and WebSockets.

    Args:
        app: What comes next.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the step, or pass on what is neither."""
        if scope["type"] in {"http", "websocket"}:
            await self.handle(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    @abstractmethod
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the step; `self._app` is what comes next."""
