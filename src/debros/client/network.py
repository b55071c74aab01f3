"""The cluster as a gateway sees it."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads it when it decodes
from typing import TYPE_CHECKING

import msgspec

from debros.client.calls.keys import read
from debros.client.calls.request import Repeat, Request, json_body

if TYPE_CHECKING:
    from debros.client.calls.caller import Caller

_UNAVAILABLE = 503


class Replication(msgspec.Struct, frozen=True):
    """How often the database is kept; the last two are None when no node beside the gateway can say."""

    reachable_voters: int
    replicas: int
    replication_factor: int | None = None
    under_replicated: bool | None = None


class NetworkStatus(msgspec.Struct, frozen=True):
    """Node, peers and database: `database_size` in bytes, `uptime` of the node in seconds."""

    node_id: str
    connected: bool
    peer_count: int
    database_size: int
    uptime: float
    raft_role: str
    voters: int
    replication: Replication


class Peer(msgspec.Struct, frozen=True):
    """A peer of the node; `last_seen` in seconds since 1970."""

    id: str
    addresses: list[str]
    connected: bool
    last_seen: float


class ServerHealth(msgspec.Struct, frozen=True):
    """Since when the gateway runs; `uptime` in seconds."""

    started_at: datetime
    uptime: float


class DependenciesHealth(msgspec.Struct, frozen=True):
    """What the gateway depends on: by check `ok` or what is wrong; `response_time` in milliseconds."""

    status: str
    checks: dict[str, str]
    last_updated: datetime
    response_time: float
    replication: str = "unknown"


class Health(msgspec.Struct, frozen=True):
    """How a gateway is: `status` is ok, degraded, or draining before it stops."""

    status: str
    server: ServerHealth
    client: DependenciesHealth

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return self.status == "ok"


class _Peers(msgspec.Struct):
    peers: list[Peer]


class Network:
    """The cluster. Every method raises DebrosError as errors.py tells."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def status(self, *, timeout: float | None = None) -> NetworkStatus:
        """Return how node, peers and database are."""
        return (await self._caller.call(read("GET", "/v1/network/status"), timeout)).decode(NetworkStatus)

    async def peers(self, *, timeout: float | None = None) -> list[Peer]:
        """Return the peers the node knows."""
        return (await self._caller.call(read("GET", "/v1/network/peers"), timeout)).decode(_Peers).peers

    async def connect(self, multiaddr: str, *, timeout: float | None = None) -> None:
        """Have the node dial a peer; for operators.

        Args:
            multiaddr: Ends in /p2p/ and the peer's id.
            timeout: Seconds; None for the client's.
        """
        await self._caller.call(_post("/v1/network/connect", {"multiaddr": multiaddr}), timeout)

    async def disconnect(self, peer_id: str, *, timeout: float | None = None) -> None:
        """Have the node close its connections to a peer; for operators."""
        await self._caller.call(_post("/v1/network/disconnect", {"peer_id": peer_id}), timeout)


def _post(path: str, body: dict[str, str]) -> Request:
    """Return a request that may come again: connected twice is connected."""
    return Request(
        "POST", path, headers={"Content-Type": "application/json"}, body=json_body(body), repeat=Repeat.HARMLESS
    )


async def health(caller: Caller, timeout: float | None) -> Health:
    """Return how a gateway is, also when it is not well."""
    request = Request("GET", "/v1/health", authenticated=False, accepted=(_UNAVAILABLE,))
    return (await caller.call(request, timeout)).decode(Health)
