"""Is it alive, is it ready, is it well."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.bodies import json
from debros.gateway.state import services

_UNAVAILABLE = 503


async def health(request: Request) -> Response:
    """Answer how the gateway and what it depends on are; times in seconds, response_time in milliseconds."""
    held = services(request)
    report = await held.health.report()
    state = "ok" if report.healthy else "degraded"
    body = {
        "status": state,
        "server": {"started_at": held.clock.started_at, "uptime": held.clock.uptime()},
        "client": {
            "status": state,
            "checks": report.checks,
            "last_updated": report.last_updated,
            "response_time": report.response_time_ms,
        },
    }
    return json(body, 200 if report.healthy else _UNAVAILABLE)


async def livez(_: Request) -> Response:
    """Answer at all: the process runs and its event loop turns."""
    return json({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Answer whether requests should be sent here."""
    report = await services(request).health.report()
    body = {"status": "ready" if report.healthy else "not ready", "checks": report.checks}
    return json(body, 200 if report.healthy else _UNAVAILABLE)


ROUTES = [
    Route("/health", health),
    Route("/v1/health", health),
    Route("/livez", livez),
    Route("/readyz", readyz),
]
