"""Is it alive, is it ready, is it well."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.state import HealthAnswer, LiveAnswer, ReadyAnswer
from debros.gateway.bodies import json
from debros.gateway.health import Report
from debros.gateway.openapi.describe import Body, describe
from debros.gateway.state import services

_UNAVAILABLE = 503
_TAG = "Gateway"


def _state(request: Request, report: Report, well: str, ill: str) -> tuple[str, int]:
    """Return the word for how the gateway is, and the status; one that is about to end wants no more work."""
    if services(request).server.draining:
        return "draining", _UNAVAILABLE
    return (well, 200) if report.healthy else (ill, _UNAVAILABLE)


@describe(
    _TAG,
    HealthAnswer,
    answers={_UNAVAILABLE: Body(HealthAnswer, description="degraded, or draining")},
    description="`client.replication` is `under-replicated` while fewer voters of the database can be reached than "
    "`database.replication_factor` of node.yaml asks for, `unknown` when no node can say. It is no reason for a 503.",
)
async def health(request: Request) -> Response:
    """Answer how the gateway and what it depends on are; times in seconds, response_time in milliseconds."""
    held = services(request)
    report = await held.health.report()
    state, status = _state(request, report, "ok", "degraded")
    body: HealthAnswer = {
        "status": state,
        "server": {"started_at": held.clock.started_at, "uptime": held.clock.uptime()},
        "client": {
            "status": "ok" if report.healthy else "degraded",
            "checks": report.checks,
            "replication": report.replication,
            "last_updated": report.last_updated,
            "response_time": report.response_time_ms,
        },
    }
    return json(body, status)


@describe(_TAG, LiveAnswer)
async def livez(_: Request) -> Response:
    """Answer at all: the process runs and its event loop turns."""
    body: LiveAnswer = {"status": "ok"}
    return json(body)


@describe(_TAG, ReadyAnswer, answers={_UNAVAILABLE: Body(ReadyAnswer, description="not ready, or draining")})
async def readyz(request: Request) -> Response:
    """Answer whether requests should be sent here."""
    report = await services(request).health.report()
    state, status = _state(request, report, "ready", "not ready")
    body: ReadyAnswer = {"status": state, "checks": report.checks}
    return json(body, status)


ROUTES = [
    Route("/health", health),
    Route("/v1/health", health),
    Route("/livez", livez),
    Route("/readyz", readyz),
]
