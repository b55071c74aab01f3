"""Starlette without what we do ourselves: our routes by a table, its router for the rest, its error pages not at all.

The error boundary answers every failure, Starlette's own 404 and 405 included, so its two middlewares for exceptions
would only cost; and most of our routes have no parameters, so that finding one is a look into a dictionary.
"""

import inspect
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

_Endpoint = Callable[[Request], Awaitable[Response]]


class Application(Starlette):
    """An application whose outermost middlewares are its own, and whose errors are raised through them."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the middlewares around the routes; Starlette calls it at the first request."""
        app: ASGIApp = Table(self)
        for made, args, kwargs in reversed(self.user_middleware):
            app = made(app, *args, **kwargs)
        return app


class Table:
    """Calls the endpoint of a route without parameters; everything else is the router's.

    Args:
        app: Whose routes.
    """

    def __init__(self, app: Starlette) -> None:
        self._router = app.router
        self._endpoints: dict[tuple[str, str], _Endpoint] = {}
        for route in app.routes:
            if isinstance(route, Route) and "{" not in route.path and inspect.iscoroutinefunction(route.endpoint):
                for method in route.methods or ():
                    self._endpoints.setdefault((route.path, method), route.endpoint)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        endpoint = self._endpoints.get((scope["path"], scope["method"])) if scope["type"] == "http" else None
        if endpoint is None:
            await self._router(scope, receive, send)
            return
        response = await endpoint(Request(scope, receive, send))
        await response(scope, receive, send)
