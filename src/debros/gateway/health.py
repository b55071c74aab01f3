"""Whether the gateway can do its work, found out by doing a little of it; the answer is kept for a second."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from debros import logs
from debros.gateway.answers.state import ReplicationState
from debros.gateway.auth.gate import Gate
from debros.gateway.cached import Cached
from debros.gateway.preparation import Preparation
from debros.p2p.client import P2PClient, RelayUnavailable
from debros.p2p.protocol import P2PError
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import AccessDenied, NoLeader, RqliteError
from debros.rqlite.types import Statement

_log = logs.get("debros.gateway.health")
_KEEP = 1.0  # seconds
_TIMEOUT = 2.0  # seconds for each check
PROBE = Statement("SELECT 1")


@dataclass(frozen=True, slots=True)
class Report:
    """One look at everything.

    Attributes:
        healthy: All checks passed.
        checks: "ok", or what is wrong without upstream addresses; by check.
        replication: Whether the database has the voters it should (`database.replication_factor`), as the node sees it.
            It never makes the gateway unhealthy: a cluster of one host works, and stays under-replicated.
        last_updated: When, RFC 3339.
        response_time_ms: How long the checks took together.
    """

    healthy: bool
    checks: dict[str, str]
    replication: ReplicationState
    last_updated: str
    response_time_ms: float


class Health:
    """The checks, run at most once at a time and once a second however many ask."""

    def __init__(self, rqlite: RqliteClient, p2p: P2PClient, preparation: Preparation, gate: Gate) -> None:
        self._checks: dict[str, Callable[[], Awaitable[str]]] = {
            "connection": self._connection,
            "database": self._database,
            "pubsub": self._pubsub,
        }
        self._rqlite = rqlite
        self._p2p = p2p
        self._preparation = preparation
        self._gate = gate
        self._cached = Cached(self._look, _KEEP)
        self._was_healthy = True
        self._replication: ReplicationState = "unknown"

    async def report(self) -> Report:
        """Return the last report, or make a new one when it is older than a second."""
        return await self._cached.get()

    async def _look(self) -> Report:
        begin = time.perf_counter()
        results = await asyncio.gather(*(self._bounded(check) for check in self._checks.values()))
        checks = dict(zip(self._checks, results, strict=True))
        healthy = all(result == "ok" for result in results)
        if healthy != self._was_healthy:
            self._was_healthy = healthy
            _log.warning("health changed", healthy=healthy, **checks)
        elapsed = round((time.perf_counter() - begin) * 1000, 3)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return Report(healthy, checks, self._replication, now, elapsed)

    @staticmethod
    async def _bounded(check: Callable[[], Awaitable[str]]) -> str:
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await check()
        except TimeoutError:
            return f"no answer within {_TIMEOUT:g} s"

    async def _connection(self) -> str:
        """Ask rqlite whether it has a leader and has caught up with it."""
        try:
            return "ok" if await self._rqlite.ready(sync=True) else "the database is not ready"
        except RqliteError as error:
            return _say(error)

    async def _database(self) -> str:
        """Read through the leader, and see that our own tables are there."""
        try:
            await self._rqlite.query(PROBE)
        except RqliteError as error:
            return _say(error)
        if self._preparation.failure:
            return "a migration failed; the operator's log has the reason"
        if self._gate.problem:
            return self._gate.problem
        return "ok" if self._preparation.done else "the gateway's tables are still being prepared"

    async def _pubsub(self) -> str:
        """Ask the node for its status; it tells what it last saw of the replication."""
        self._replication = "unknown"
        if not self._p2p.connected:
            return "the peer-to-peer node is not reachable"
        try:
            status = await self._p2p.status()
        except (P2PError, RelayUnavailable):
            return "the peer-to-peer node does not answer"
        self._replication = replication(status.rqlite)
        return "ok"


def replication(database: Mapping[str, Any]) -> ReplicationState:
    """Say in a word what the node's monitor has seen of the database (debros.node.monitor.Snapshot)."""
    if not database.get("reachable"):
        return "unknown"
    return "under-replicated" if database.get("under_replicated") else "ok"


def _say(error: RqliteError) -> str:
    if isinstance(error, NoLeader):
        return "the database has no leader"
    if isinstance(error, AccessDenied):
        return "the database refuses the gateway's credentials"
    return "the database cannot be reached"
