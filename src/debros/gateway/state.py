"""What one gateway process holds, and how a route gets at it."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import HTTPConnection
from starlette.types import Scope

from debros.config import GatewayConfig
from debros.gateway.auth.principal import Principal
from debros.gateway.auth.service import AuthService
from debros.gateway.backups import Backups
from debros.gateway.health import Health
from debros.gateway.metrics import Metrics
from debros.gateway.network import Network
from debros.gateway.openapi.rendered import Rendered
from debros.gateway.origins import Origins
from debros.gateway.preparation import Preparation
from debros.gateway.presence import Presence
from debros.gateway.protocols.limits import ServerState
from debros.gateway.pubsub.gaps import Gaps
from debros.gateway.pubsub.hub import Hub
from debros.gateway.pubsub.relay import Relay
from debros.gateway.tasks import Tasks
from debros.gateway.timings import Timings
from debros.gateway.uptime import Clock
from debros.gateway.workers.place import Place
from debros.p2p.client import P2PClient
from debros.rqlite.client import RqliteClient
from debros.rqlite.writes import Writes
from debros.tenants.idempotency import Records
from debros.tenants.storage import Storage
from debros.tenants.tenants import Tenants


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the routes work with; built once by the application."""

    config: GatewayConfig
    rqlite: RqliteClient
    writes: Writes
    p2p: P2PClient
    tenants: Tenants
    storage: Storage
    idempotency: Records
    hub: Hub
    gaps: Gaps
    relay: Relay
    presence: Presence
    preparation: Preparation
    health: Health
    network: Network
    backups: Backups
    origins: Origins
    auth: AuthService
    clock: Clock
    metrics: Metrics
    server: ServerState
    tasks: Tasks
    place: Place


def services(connection: HTTPConnection) -> Services:
    """Return the process' services."""
    return cast("Services", connection.app.state.services)


def reference(connection: HTTPConnection) -> Rendered:
    """Return the description of the application's routes."""
    return cast("Rendered", connection.app.state.reference)


def principal(scope: Scope) -> Principal:
    """Return who is asking; the auth middleware has put it there."""
    return cast("Principal", scope["state"]["principal"])


def maybe_principal(scope: Scope) -> Principal | None:
    """Return who is asking, None where nobody has to be known."""
    return cast("Principal | None", scope["state"].get("principal"))


def timings(scope: Scope) -> Timings:
    """Return the request's stop-watch."""
    return cast("Timings", scope["state"]["timings"])
