"""`GET /metrics`: the one page of the listener for figures."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.metrics.service import Metrics


class _Collected(Collector):
    """Figures as they were at one moment."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._families


def metrics_app(metrics: Metrics) -> Starlette:
    """Return an application with nothing but the page of one process."""

    async def collect() -> Iterable[Metric]:
        await metrics.upstream.look()
        return metrics.registry.collect()

    return page_app(collect)


def page_app(collect: Callable[[], Awaitable[Iterable[Metric]]]) -> Starlette:
    """Return an application with nothing but the page of what `collect` finds."""

    async def show(request: Request) -> Response:
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        # Collected here, where what is read does not change meanwhile; written by a thread, so that requests go on.
        page = await asyncio.to_thread(encode, _Collected(await collect()))
        return Response(page, headers={"content-type": media_type, "cache-control": "no-store"})

    app = Starlette(routes=[Route("/metrics", show)])
    app.router.redirect_slashes = False
    return app
