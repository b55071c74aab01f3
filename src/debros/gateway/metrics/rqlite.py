"""rqlite's own figures, from its /status, /nodes and /debug/vars, by paths that 8.26 and 10.2 have in common.

What a version does not tell has no sample; nothing here fails because of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from debros.rqlite.types import RaftNode

# hashicorp/raft's names of its states (raft.RaftState), as /status has them.
_STATES = ("leader", "follower", "candidate", "shutdown")


class _Figure(NamedTuple):
    name: str
    text: str
    path: tuple[str, ...]


_STATUS = (
    _Figure("raft_term", "Raft term.", ("store", "raft", "term")),
    _Figure("raft_commit_index", "Last entry known to be committed.", ("store", "raft", "commit_index")),
    _Figure("raft_applied_index", "Last entry applied.", ("store", "raft", "applied_index")),
    _Figure("raft_last_log_index", "Last entry in the log.", ("store", "raft", "last_log_index")),
    _Figure("raft_last_snapshot_index", "Last entry in a snapshot.", ("store", "raft", "last_snapshot_index")),
    _Figure("raft_fsm_pending", "Entries that wait to be applied.", ("store", "raft", "fsm_pending")),
    _Figure("raft_log_bytes", "Size of the Raft log.", ("store", "raft", "log_size")),
    _Figure("database_bytes", "Size of the SQLite file.", ("store", "sqlite3", "db_size")),
    _Figure("wal_bytes", "Size of its write-ahead log.", ("store", "sqlite3", "wal_size")),
    _Figure("directory_bytes", "Size of rqlite's whole directory.", ("store", "dir_size")),
    _Figure("goroutines", "Goroutines.", ("runtime", "num_goroutine")),
)
_GAUGES = (_Figure("memory_bytes", "Memory Go got from the system.", ("memstats", "Sys")),)
_COUNTERS = (
    _Figure("executions", "Statements that write, run here.", ("db", "executions")),
    _Figure("execution_errors", "Of them failed.", ("db", "execution_errors")),
    _Figure("queries", "Statements that read, run here, rqlite's own included.", ("db", "queries")),
    _Figure("query_errors", "Of them failed.", ("db", "query_errors")),
    _Figure("leader_not_found", "Requests for which there was no leader.", ("http", "leader_not_found")),
    _Figure("authentication_failures", "Requests with wrong credentials.", ("http", "authFail")),
    _Figure("remote_executions", "Writes passed on to the leader.", ("http", "remote_executions")),
    _Figure("remote_queries", "Reads passed on to the leader.", ("http", "remote_queries")),
    _Figure("leader_changes", "Changes of the leader seen.", ("store", "leader_changes_observed")),
    _Figure("failed_heartbeats", "Heartbeats to others that failed.", ("store", "failed_heartbeat_observed")),
    _Figure("snapshots", "Snapshots taken.", ("store", "num_snapshots")),
    _Figure("snapshot_failures", "Snapshots that failed.", ("store", "num_snapshots_failed")),
)


def from_status(status: Mapping[str, Any]) -> Iterable[Metric]:
    """Return the figures of /status; `{}` gives their names alone."""
    for figure in _STATUS:
        yield _gauge(figure, status)
    version = GaugeMetricFamily("debros_rqlite_info", "Its version, as it calls itself.", labels=("version",))
    if status:
        version.add_metric((str(_at(status, ("build", "version")) or "unknown")[:32],), 1)
    yield version
    state = GaugeMetricFamily("debros_rqlite_raft_state", "1 for the state it is in.", labels=("state",))
    if status:
        now = str(_at(status, ("store", "raft", "state")) or "").lower()
        for name in _STATES:
            state.add_metric((name,), float(now == name))
    yield state
    leader = GaugeMetricFamily("debros_rqlite_leader_known", "1 when it knows who leads.")
    if status:
        leader.add_metric((), float(bool(_at(status, ("store", "leader", "node_id")))))
    yield leader
    started = GaugeMetricFamily("debros_rqlite_start_time_seconds", "When it was started.")
    if (moment := _moment(_at(status, ("node", "start_time")))) is not None:
        started.add_metric((), moment)
    yield started


def from_variables(variables: Mapping[str, Any]) -> Iterable[Metric]:
    """Return the figures of /debug/vars; `{}` gives their names alone."""
    for figure in _GAUGES:
        yield _gauge(figure, variables)
    for figure in _COUNTERS:
        family = CounterMetricFamily(f"debros_rqlite_{figure.name}", figure.text)
        if (value := _number(_at(variables, figure.path))) is not None:
            family.add_metric((), value)
        yield family


def from_nodes(members: Sequence[RaftNode] | None) -> Iterable[Metric]:
    """Return the figures of /nodes; None gives their names alone."""
    voters = [member for member in members or () if member.voter]
    for name, text, value in (
        ("voters", "Members that vote.", len(voters)),
        ("voters_reachable", "Of them those the answering node can reach.", sum(one.reachable for one in voters)),
        ("replicas", "Members that only follow.", len(members or ()) - len(voters)),
    ):
        family = GaugeMetricFamily(f"debros_rqlite_{name}", text)
        if members is not None:
            family.add_metric((), value)
        yield family


def _gauge(figure: _Figure, report: Mapping[str, Any]) -> Metric:
    family = GaugeMetricFamily(f"debros_rqlite_{figure.name}", figure.text)
    if (value := _number(_at(report, figure.path))) is not None:
        family.add_metric((), value)
    return family


def _at(report: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        report = report.get(name) if isinstance(report, Mapping) else None
    return report


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(value: Any) -> float | None:
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return None
