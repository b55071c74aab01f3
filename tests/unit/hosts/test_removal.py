"""Whom a cluster can do without."""

import pytest

from debros.hosts.cluster import Cluster
from debros.hosts.removal import lost_by_removal
from debros.rqlite.types import RaftNode


def cluster(states, replicas=()):
    members = [
        RaftNode(f"n{number}", "", f"192.0.2.{number}:7001", f"n{number}" not in replicas, up, number == 1)
        for number, up in enumerate(states, 1)
    ]
    return Cluster("n1", tuple(members))


@pytest.mark.parametrize(
    ("states", "name", "spared"),
    [
        ([True, True], "n2", True),
        ([True, True, False], "n3", True),
        ([True, True, False], "n2", False),
        ([True, True, True], "n2", True),
        ([True, True, True, True, False], "n2", True),
        ([True, True, True, False, False], "n2", False),
        ([True, True, True, False, False], "n5", True),
        ([True], "n1", False),
        ([True, False], "n9", True),  # a stranger
    ],
)
def test_those_that_are_left_must_have_a_majority(states, name, spared) -> None:
    assert (lost_by_removal(cluster(states), name) == "") is spared


def test_a_replica_can_always_go() -> None:
    assert lost_by_removal(cluster([True, False, True], {"n3"}), "n3") == ""
