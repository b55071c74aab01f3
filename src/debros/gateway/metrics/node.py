"""The node's figures, as it tells them over its Unix socket."""

from collections.abc import Iterable
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from debros.p2p.state import NodeReport, NodeStatus

# What the node's monitor says of the database (debros.node.monitor.Snapshot).
_DATABASE = (
    ("reachable", "database_reachable", "1 when the node reaches the rqlite of its host."),
    ("ready", "database_ready", "1 when that has a leader and has caught up with it."),
    ("replication_factor", "replication_factor", "Voters wanted."),
    ("voters", "voters", "Voters there are."),
    ("reachable_voters", "voters_reachable", "Voters that can be reached."),
    ("under_replicated", "under_replicated", "1 when fewer voters can be reached than are wanted."),
)


def from_status(status: NodeStatus | None) -> Iterable[Metric]:
    """Return the figures; None gives their names alone."""
    for name, text, value in (
        ("peers", "Peers it is connected to.", status and status.peer_count),
        ("uptime_seconds", "How long it runs.", status and status.uptime),
        ("topics", "Topics that programs of its host follow.", status and len(status.topics)),
    ):
        yield _gauge(name, text, value)
    dropped = CounterMetricFamily(
        "debros_node_messages_dropped", "Messages that a peer did not get because it was too slow, once for each peer."
    )
    if status is not None:
        dropped.add_metric((), status.dropped)
    yield dropped
    for key, name, text in _DATABASE:
        yield _gauge(name, text, status.rqlite.get(key) if status else None)


# What the nodes of the cluster tell each other (debros.node.heartbeat); `node` is a member's name, so they are bounded.
_CLUSTER = (
    ("age", "last_word_age_seconds", "Seconds since the node's last heartbeat."),
    ("peers", "peers", "Peers the node is connected to."),
    ("cpu_percent", "cpu_percent", "Processor time of the node's process, in percent of one core."),
    ("memory_bytes", "memory_bytes", "Resident memory of the node's process."),
    ("database_ready", "database_ready", "1 when the database beside the node has a leader and has caught up."),
)
_STATES = ("up", "down", "unknown")


def from_cluster(nodes: list[NodeReport]) -> Iterable[Metric]:
    """Return the figures of every node of the cluster; of one that was not heard yet only its state."""
    family = GaugeMetricFamily(
        "debros_cluster_node_state", "1 for the state the node is in, seen from here.", labels=("node", "state")
    )
    for node in nodes:
        for state in _STATES:
            family.add_metric((node.name, state), float(node.state == state))
    yield family
    for attribute, name, text in _CLUSTER:
        family = GaugeMetricFamily(f"debros_cluster_node_{name}", text, labels=("node",))
        for node in nodes:
            if (value := getattr(node, attribute)) is not None:
                family.add_metric((node.name,), float(value))
        yield family


def _gauge(name: str, text: str, value: Any) -> Metric:
    family = GaugeMetricFamily(f"debros_node_{name}", text)
    if isinstance(value, int | float):
        family.add_metric((), float(value))
    return family
