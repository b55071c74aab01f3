"""How our listeners use uvicorn: bounded, silent about themselves, and without what it would read from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uvicorn

from debros.gateway.protocols.http import bounded_http

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from debros.gateway.protocols.limits import ConnectionLimits, ServerState


def settings(
    app: ASGIApp, limits: ConnectionLimits, state: ServerState, *, grace: float, **more: Any
) -> uvicorn.Config:
    """Return uvicorn's settings for a listener.

    Args:
        app: What it serves.
        limits: Of its connections.
        state: Shared with the application.
        grace: Seconds for requests under way when it is told to stop; at least one.
        more: Further settings, and others than these.
    """
    ours: dict[str, Any] = {
        "loop": "uvloop",
        "http": bounded_http(limits, state),
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "timeout_keep_alive": max(1, round(limits.idle_timeout)),
        "timeout_graceful_shutdown": max(1, round(grace)),
    }
    return uvicorn.Config(app, **(ours | more))
