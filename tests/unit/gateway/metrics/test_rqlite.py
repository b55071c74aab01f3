"""What rqlite says, in the form 8.26 gave it; what is missing or strange is left out."""

import pytest

from debros.gateway.metrics import rqlite
from debros.rqlite.types import RaftNode

STATUS = {
    "build": {"version": "8"},
    "node": {"start_time": "2026-11-21T17:37:00.133551439Z"},
    "runtime": {"num_goroutine": 22},
    "store": {
        "dir_size": 69632,
        "leader": {"addr": "127.0.0.1:7001", "node_id": "1"},
        "raft": {"applied_index": 2, "commit_index": 2, "fsm_pending": 0, "last_log_index": 2,
                 "last_snapshot_index": 0, "log_size": 32768, "state": "Leader", "term": 2},
        "sqlite3": {"db_size": 4096, "wal_size": 0},
    },
}  # fmt: skip


def values(families) -> dict:
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_status() -> None:
    found = values(rqlite.from_status(STATUS))
    assert found[("debros_rqlite_raft_state", "leader")] == 1
    assert found[("debros_rqlite_raft_state", "follower")] == 0
    assert found[("debros_rqlite_info", "8")] == 1
    assert found[("debros_rqlite_leader_known",)] == 1
    assert found[("debros_rqlite_start_time_seconds",)] == pytest.approx(1795282620.133551)
    assert found[("debros_rqlite_raft_commit_index",)] == 2
    assert found[("debros_rqlite_database_bytes",)] == 4096


def test_variables() -> None:
    found = values(rqlite.from_variables({"db": {"executions": 7}, "http": {"authFail": "many"}, "memstats": None}))
    assert found == {("debros_rqlite_executions_total",): 7}


def test_nodes() -> None:
    members = [
        RaftNode("1", "a", "http://a", voter=True, reachable=True, leader=True),
        RaftNode("2", "b", "http://b", voter=True, reachable=False, leader=False),
        RaftNode("3", "c", "http://c", voter=False, reachable=True, leader=False),
    ]
    assert values(rqlite.from_nodes(members)) == {
        ("debros_rqlite_voters",): 2,
        ("debros_rqlite_voters_reachable",): 1,
        ("debros_rqlite_replicas",): 1,
    }


def test_nobody_answers() -> None:
    for families in (rqlite.from_status({}), rqlite.from_variables({}), rqlite.from_nodes(None)):
        assert values(families) == {}


@pytest.mark.parametrize("strange", [{"store": 1}, {"store": {"raft": None}}, {"store": {"raft": {"term": "x"}}}])
def test_strange_answers_are_left_out(strange) -> None:
    found = values(rqlite.from_status(strange))
    assert found.pop(("debros_rqlite_info", "unknown")) == 1
    assert set(found.values()) == {0}
    assert not any(name.endswith("term") for name, *_ in found)
