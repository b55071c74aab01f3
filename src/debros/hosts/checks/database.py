"""The database: ready, led, and with all voters it should have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.hosts.checks.result import Metric, Result, State
from debros.hosts.cluster import Cluster, look
from debros.rqlite.errors import RqliteError

if TYPE_CHECKING:
    from debros.config import NodeConfig
    from debros.hosts.database import Database


def rqlite(database: Database, config: NodeConfig) -> tuple[Result, Cluster | None]:
    """Look at the database, and return the members as well."""
    try:
        reason = database.not_ready()
        if reason:
            return Result("rqlite", State.BAD, f"not ready: {reason}", (Metric("rqlite_ready", 0.0),)), None
        cluster = look(database)
    except RqliteError as error:
        return Result("rqlite", State.BAD, str(error), (Metric("rqlite_ready", 0.0),)), None
    return _judged(cluster, config), cluster


def _judged(cluster: Cluster, config: NodeConfig) -> Result:
    expected = config.database.rqlite_bootstrap_expect or len(cluster.voters)
    wanted = max(min(expected, config.database.replication_factor), len(cluster.voters))
    metrics = (
        Metric("rqlite_ready", 1.0),
        Metric("rqlite_leader", float(cluster.leads)),
        Metric("rqlite_voters", len(cluster.voters)),
        Metric("rqlite_voters_reachable", cluster.reachable),
        Metric("rqlite_voters_wanted", wanted),
    )
    leader = cluster.leader
    state = f"{cluster.reachable} of {wanted} voters reachable"
    if leader is None:
        return Result("rqlite", State.BAD, f"no leader; {state}", metrics)
    led = f"{leader.id} leads, {state}"
    if cluster.reachable >= wanted:
        return Result("rqlite", State.OK, led, metrics)
    missing = ", ".join(cluster.unreachable()) or f"only {len(cluster.voters)} have joined"
    return Result("rqlite", State.BAD, f"{led}; missing: {missing}", metrics)
