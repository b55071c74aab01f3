"""The application: what it holds, what every request passes, and how it starts and stops."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from debros import logs
from debros.config import GatewayConfig, rqlite_credentials, static_api_keys
from debros.gateway.auth.principal import Principal
from debros.gateway.auth.static_keys import StaticKeys
from debros.gateway.errors import Problem
from debros.gateway.health import Health
from debros.gateway.middleware.access_log import AccessLog
from debros.gateway.middleware.auth import Auth
from debros.gateway.middleware.body_limit import BodyLimit
from debros.gateway.middleware.cors import Cors
from debros.gateway.middleware.error_boundary import ErrorBoundary
from debros.gateway.middleware.request_id import RequestId
from debros.gateway.middleware.security_headers import SecurityHeaders
from debros.gateway.middleware.server_timing import ServerTiming
from debros.gateway.network import Network
from debros.gateway.origins import Origins
from debros.gateway.preparation import Preparation, migrations_directory
from debros.gateway.pubsub.hub import Hub
from debros.gateway.pubsub.relay import Relay
from debros.gateway.routes import all_routes
from debros.gateway.state import Clock, Services
from debros.p2p.client import P2PClient
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Credentials
from debros.tenants.database import Limits, TenantDatabase
from debros.tenants.storage import Storage

_log = logs.get("debros.gateway")
# A JSON body around base64: names, quotes, a key of the longest kind with every character escaped.
_ENVELOPE_BYTES = 16_384


def create_app(config: GatewayConfig) -> Starlette:
    """Return the gateway for a configuration; no connection is opened before its lifespan begins.

    Raises:
        ConfigError: A file of secrets cannot be read any more.
    """
    held = _services(config)
    app = Starlette(
        routes=all_routes(),
        middleware=_middleware(config, held),
        exception_handlers={HTTPException: _pass_on},
        lifespan=_lifespan,
    )
    app.state.services = held
    app.router.redirect_slashes = False  # a redirected POST loses its body in many clients; 404 is honest
    app.router.default = _no_route
    return app


def _services(config: GatewayConfig) -> Services:
    limits = config.limits
    user = rqlite_credentials(config.rqlite_credentials_file, "rqlite_credentials_file")
    rqlite = RqliteClient(
        config.rqlite_nodes,
        credentials=Credentials(*user) if user else None,
        read_timeout=float(limits.read_timeout),
        write_timeout=float(limits.write_timeout),
        max_response_bytes=limits.max_response_bytes,
    )
    p2p = P2PClient(
        config.p2p_socket,
        on_message=lambda topic, data, _publisher: hub.fan_out(topic, data),
        on_gap=lambda: _log.warning("the connection to the node was interrupted; messages may have been missed"),
        relay_timeout=float(config.pubsub.relay_timeout),
    )
    hub = Hub(p2p, linger=float(config.pubsub.topic_linger), subscribe_timeout=float(config.pubsub.relay_timeout))
    preparation = Preparation()
    return Services(
        config=config,
        rqlite=rqlite,
        p2p=p2p,
        database=TenantDatabase(rqlite, Limits(limits.max_rows, limits.max_sql_bytes, limits.max_statements)),
        storage=Storage(
            rqlite,
            max_key_bytes=limits.max_key_bytes,
            max_value_bytes=limits.max_value_bytes,
            ready=preparation.is_done,
        ),
        hub=hub,
        relay=Relay(p2p),
        preparation=preparation,
        health=Health(rqlite, p2p, preparation),
        network=Network(rqlite, p2p),
        origins=Origins(config.cors_origins),
        clock=Clock(),
    )


def _middleware(config: GatewayConfig, held: Services) -> list[Middleware]:
    """Return what every request passes, outermost first."""
    limits = config.limits
    anonymous = None if config.require_auth else Principal(config.client_namespace, "none", "")
    return [
        Middleware(RequestId),
        Middleware(AccessLog),
        Middleware(ServerTiming),
        Middleware(SecurityHeaders, tls=config.security.enable_tls),
        Middleware(Cors, origins=held.origins),
        Middleware(ErrorBoundary),
        Middleware(
            BodyLimit,
            default=limits.max_body_bytes,
            by_path={
                "/v1/pubsub/publish": _base64_bytes(limits.max_message_bytes),
                "/v1/storage/put": _base64_bytes(limits.max_value_bytes),
            },
            timeout=float(limits.idle_timeout),
        ),
        Middleware(Auth, authenticator=StaticKeys(static_api_keys(config)), anonymous=anonymous),
    ]


def _base64_bytes(size: int) -> int:
    return (size + 2) // 3 * 4 + _ENVELOPE_BYTES


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the connections, prepare the tables meanwhile, and close in the opposite order."""
    held: Services = app.state.services
    async with held.rqlite:
        preparing = asyncio.get_running_loop().create_task(
            held.preparation.run(held.rqlite, migrations_directory()), name="prepare tables"
        )
        held.p2p.start()
        try:
            yield
        finally:
            preparing.cancel()
            await asyncio.gather(preparing, return_exceptions=True)
            await held.relay.close()
            await held.hub.close()
            await held.p2p.close()


async def _pass_on(_: Request, error: Exception) -> Response:
    """Hand Starlette's 404 and 405 to the error boundary, which knows our shape."""
    raise error


async def _no_route(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
    raise Problem(404, "not_found", f"there is no route {scope['path'][:200]}; see the API reference for the routes")
