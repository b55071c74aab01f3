"""Which build runs, and the state of the network in public terms."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros import version
from debros.gateway.answers.state import StatusAnswer, VersionAnswer
from debros.gateway.bodies import json
from debros.gateway.openapi.describe import describe
from debros.gateway.state import services


@describe("Gateway", VersionAnswer)
async def show_version(request: Request) -> Response:
    """Answer version, commit, build time and how long this process runs (seconds)."""
    clock = services(request).clock
    build = version.current()
    body: VersionAnswer = {
        "version": build.version,
        "commit": build.commit,
        "build_time": build.build_time,
        "started_at": clock.started_at,
        "uptime": clock.uptime(),
    }
    return json(body)


@describe("Gateway", StatusAnswer)
async def show_status(request: Request) -> Response:
    """Answer server and network state; public, so no tenant data and no addresses."""
    held = services(request)
    state = await held.network.state()
    body: StatusAnswer = {
        "server": {"started_at": held.clock.started_at, "uptime": held.clock.uptime()},
        "network": {
            "node_id": state.node_id,
            "connected": state.connected,
            "peer_count": state.peer_count,
            "database_size": state.database_size,
            "uptime": state.uptime,
        },
    }
    return json(body)


ROUTES = [Route("/v1/version", show_version), Route("/v1/status", show_status)]
