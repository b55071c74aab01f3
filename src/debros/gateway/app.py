"""The application: what it holds, what every request passes, and how it starts and stops."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import Receive, Scope, Send

from debros import logs
from debros.config import GatewayConfig, rqlite_credentials, static_api_keys
from debros.gateway import clientmode
from debros.gateway.application import Application
from debros.gateway.auth.principal import Principal
from debros.gateway.auth.service import AuthService
from debros.gateway.backups import Backups
from debros.gateway.errors import Problem
from debros.gateway.health import Health
from debros.gateway.introduction import Introduction
from debros.gateway.metrics import Metrics
from debros.gateway.metrics.routes import RouteNames
from debros.gateway.middleware.auth import Auth
from debros.gateway.middleware.body_limit import BodyLimit
from debros.gateway.middleware.client_address import ClientAddress
from debros.gateway.middleware.cors import Cors
from debros.gateway.middleware.envelope import Envelope
from debros.gateway.middleware.error_boundary import ErrorBoundary
from debros.gateway.middleware.rate_limit import RateLimit
from debros.gateway.middleware.security_headers import SecurityHeaders
from debros.gateway.network import Network
from debros.gateway.openapi.rendered import Rendered
from debros.gateway.origins import Origins
from debros.gateway.preparation import Preparation, migrations_directory
from debros.gateway.presence import TOPIC, Presence
from debros.gateway.protocols.limits import ServerState
from debros.gateway.pubsub.gaps import Gaps
from debros.gateway.pubsub.hub import Hub
from debros.gateway.pubsub.relay import Relay
from debros.gateway.routes import all_routes
from debros.gateway.state import Services
from debros.gateway.tasks import Tasks
from debros.gateway.workers.place import Place
from debros.p2p.client import P2PClient
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Credentials
from debros.rqlite.writes import QueueLimits, Writes
from debros.tenants.idempotency import Bounds, Records
from debros.tenants.limits import Limits
from debros.tenants.storage import Expiry, Storage
from debros.tenants.tenants import Tenants

_log = logs.get("debros.gateway")
# Seconds by which the clocks of gateways may differ, when one judges what another has begun.
_SKEW = 10.0
# A JSON body around base64: names, quotes, a key of the longest kind with every character escaped.
_ENVELOPE_BYTES = 16_384
# Bodies of strangers: a wallet, a nonce, a signature and a sign-in message.
_STRANGERS = tuple(
    f"/v1/auth/{name}"
    for name in (
        "api-key", "challenge", "device", "device/approve", "device/deny", "device/lookup", "device/token", "exchange",
        "login/complete", "logout", "refresh", "register", "verify",
    )
)  # fmt: skip
_STRANGERS_BYTES = 16_384


def create_app(config: GatewayConfig, place: Place | None = None) -> Starlette:
    """Return the gateway for a configuration; no connection is opened before its lifespan begins.

    Args:
        config: The configuration.
        place: Which of several workers it is; None for the only one.

    Raises:
        ConfigError: A file of secrets cannot be read any more.
    """
    held = _services(config, place or Place())
    app = Application(routes=all_routes(), middleware=_middleware(config, held), lifespan=_lifespan)
    app.state.services = held
    app.state.reference = Rendered(app.routes)
    app.router.redirect_slashes = False  # a redirected POST loses its body in many clients; 404 is honest
    app.router.default = _no_route
    return app


def _services(config: GatewayConfig, place: Place) -> Services:
    limits = config.limits
    metrics = Metrics()
    user = rqlite_credentials(config.rqlite_credentials_file, "rqlite_credentials_file")
    rqlite = RqliteClient(
        config.rqlite_nodes,
        credentials=Credentials(*user) if user else None,
        read_timeout=float(limits.read_timeout),
        write_timeout=float(limits.write_timeout),
        max_response_bytes=limits.max_response_bytes,
        observer=metrics.database.observe,
    )
    p2p = P2PClient(
        clientmode.socket(config),
        on_message=lambda topic, data, _publisher: presence.hear(data) if topic == TOPIC else hub.fan_out(topic, data),
        on_gap=lambda seconds, dropped: gaps.interrupted(seconds, dropped),  # noqa: PLW0108 - made below
        relay_timeout=float(config.pubsub.relay_timeout),
        grace=clientmode.grace(config),
    )
    hub = Hub(
        p2p,
        linger=float(config.pubsub.topic_linger),
        subscribe_timeout=float(config.pubsub.relay_timeout),
        tally=place.sockets,
    )
    gaps = Gaps(p2p, hub)
    preparation = Preparation()
    auth = AuthService(config, rqlite, preparation, place)
    presence = Presence(p2p, hub, lambda: auth.key)
    writes = _writes(config, rqlite, place)
    tenants = Tenants(
        rqlite,
        writes,
        Limits(limits.max_rows, limits.max_sql_bytes, limits.max_statements),
        max_tables=limits.max_tables,
        max_database_size=limits.max_database_size,
        ready=preparation.is_done,
    )
    state, tasks = ServerState(tally=place.connections), Tasks()
    metrics.connect(rqlite, p2p)
    metrics.show_server(state)
    metrics.show_hub(hub, presence)
    metrics.show_writes(writes)
    metrics.show_tasks(tasks, auth.tasks)
    return Services(
        config=config,
        rqlite=rqlite,
        writes=writes,
        p2p=p2p,
        tenants=tenants,
        storage=Storage(
            rqlite,
            writes,
            max_key_bytes=limits.max_key_bytes,
            max_value_bytes=limits.max_value_bytes,
            ready=preparation.is_done,
            capacity=tenants.capacity,
        ),
        idempotency=Records(
            rqlite,
            ready=preparation.is_done,
            patience=_longest_write(config),
            bounds=Bounds(limits.max_idempotency_keys, limits.max_idempotency_bytes),
        ),
        hub=hub,
        gaps=gaps,
        relay=Relay(p2p),
        presence=presence,
        preparation=preparation,
        health=Health(rqlite, p2p, preparation, auth.gate),
        network=Network(rqlite, p2p),
        backups=Backups(rqlite),
        origins=Origins(config.cors_origins),
        auth=auth,
        clock=place.clock,
        metrics=metrics,
        server=state,
        tasks=tasks,
        place=place,
    )


def _longest_write(config: GatewayConfig) -> int:
    """Return milliseconds that a keyed write takes at most, and the storing of its answer after it."""
    seconds = 2 * float(config.limits.write_timeout) + float(config.limits.read_timeout)
    return int((seconds + float(config.pubsub.relay_timeout) + _SKEW) * 1000)


def _writes(config: GatewayConfig, rqlite: RqliteClient, place: Place) -> Writes:
    given = config.writes
    return Writes(
        rqlite,
        QueueLimits(
            batch=given.batch,
            batch_bytes=given.batch_bytes,
            waiting=place.share(given.waiting),
            waiting_bytes=place.share(given.waiting_bytes),
            share=given.namespace_share,
        ),
        timeout=float(config.limits.write_timeout),
        grouped=given.group_commit,
    )


def _middleware(config: GatewayConfig, held: Services) -> list[Middleware]:
    """Return what every request passes, outermost first."""
    limits, rates = config.limits, config.rates
    limiter = held.place.limiter
    anonymous = None if config.require_auth else Principal(config.client_namespace, "none", "")
    return [
        Middleware(
            Envelope,
            addresses=ClientAddress(config.trusted_proxies),
            figures=held.metrics.requests,
            routes=RouteNames(all_routes()),
            cors=Cors(held.origins),
            security=SecurityHeaders(tls=config.security.enable_tls),
        ),
        Middleware(ErrorBoundary),
        Middleware(
            BodyLimit,
            default=limits.max_body_bytes,
            by_path={
                "/v1/pubsub/publish": _base64_bytes(limits.max_message_bytes),
                "/v1/storage/put": _base64_bytes(limits.max_value_bytes),
                **dict.fromkeys(_STRANGERS, _STRANGERS_BYTES),
            },
            timeout=float(limits.idle_timeout),
        ),
        Middleware(
            RateLimit,
            requests=limiter("requests", rates.requests_per_second, rates.requests_burst),
            sign_in=limiter("sign_in", rates.sign_in_per_second, rates.sign_in_burst),
        ),
        Middleware(
            Auth,
            credentials=held.auth.credentials,
            audit=held.auth.audit,
            failures=limiter("failures", rates.failures_per_second, rates.failures_burst),
            anonymous=anonymous,
            live_sockets=held.auth.live_sockets,
        ),
    ]


def _base64_bytes(size: int) -> int:
    return (size + 2) // 3 * 4 + _ENVELOPE_BYTES


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the connections, prepare the tables meanwhile, and close in the opposite order."""
    held: Services = app.state.services
    async with held.rqlite:
        known = [held.config.client_namespace, *(entry.namespace for entry in static_api_keys(held.config))]
        held.tasks.start(
            "prepare tables",
            held.preparation.run(held.rqlite, migrations_directory(), lambda: held.tenants.ensure(known)),
        )
        held.tasks.start("watch tenants", held.tenants.watch())
        if held.place.first:  # several would not hinder each other, but one is enough
            held.tasks.start("remove values that are over", Expiry(held.rqlite, ready=held.preparation.is_done).run())
            held.tasks.start("remove old idempotency keys", held.idempotency.run())
            if clientmode.wanted(held.config):
                introduction = Introduction(held.rqlite, held.p2p, ready=held.preparation.is_done)
                held.tasks.start("tell nodes who this is", introduction.run())
        held.auth.start()
        # Of several workers the parent has started it, one for all.
        own = held.place.alone and clientmode.wanted(held.config)
        daemon = clientmode.ClientDaemon(held.config) if own else None
        if daemon is not None:
            daemon.start()
        held.p2p.start()
        held.tasks.start("tell who is present", held.presence.run())
        try:
            yield
        finally:
            await held.tasks.close()
            await held.writes.close()
            await held.relay.close()
            await held.presence.close()
            await held.gaps.close()
            await held.hub.close()
            await held.p2p.close()
            if daemon is not None:
                await daemon.close()
            await held.auth.close()


async def _no_route(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
    raise Problem(404, "not_found", f"there is no route {scope['path'][:200]}; see the API reference for the routes")
