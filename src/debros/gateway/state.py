"""What one gateway process holds, and how a route gets at it."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from starlette.requests import HTTPConnection
from starlette.types import Scope

from debros.config import GatewayConfig
from debros.gateway.auth.principal import Principal
from debros.gateway.health import Health
from debros.gateway.network import Network
from debros.gateway.origins import Origins
from debros.gateway.preparation import Preparation
from debros.gateway.pubsub.hub import Hub
from debros.gateway.pubsub.relay import Relay
from debros.gateway.timings import Timings
from debros.p2p.client import P2PClient
from debros.rqlite.client import RqliteClient
from debros.tenants.database import TenantDatabase
from debros.tenants.storage import Storage


@dataclass(frozen=True, slots=True)
class Clock:
    """When the process started."""

    started: float = field(default_factory=time.monotonic)
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def uptime(self) -> float:
        """Return seconds since the start, to the millisecond."""
        return round(time.monotonic() - self.started, 3)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the routes work with; built once by the application."""

    config: GatewayConfig
    rqlite: RqliteClient
    p2p: P2PClient
    database: TenantDatabase
    storage: Storage
    hub: Hub
    relay: Relay
    preparation: Preparation
    health: Health
    network: Network
    origins: Origins
    clock: Clock


def services(connection: HTTPConnection) -> Services:
    """Return the process' services."""
    return cast("Services", connection.app.state.services)


def principal(scope: Scope) -> Principal:
    """Return who is asking; the auth middleware has put it there."""
    return cast("Principal", scope["state"]["principal"])


def timings(scope: Scope) -> Timings:
    """Return the request's stop-watch."""
    return cast("Timings", scope["state"]["timings"])
