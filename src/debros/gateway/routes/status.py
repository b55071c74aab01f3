"""Which build runs, and the state of the network in public terms."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros import version
from debros.gateway.bodies import json
from debros.gateway.state import services


async def show_version(request: Request) -> Response:
    """Answer version, commit, build time and how long this process runs (seconds)."""
    clock = services(request).clock
    return json({**asdict(version.current()), "started_at": clock.started_at, "uptime": clock.uptime()})


async def show_status(request: Request) -> Response:
    """Answer server and network state; public, so no tenant data and no addresses."""
    held = services(request)
    state = await held.network.state()
    body = {
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
