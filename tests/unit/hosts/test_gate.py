"""When a cluster can spare a host."""

import pytest

from debros.hosts import restarting
from debros.hosts.cluster import Cluster
from debros.rqlite.types import RaftNode


def cluster(states, *, self_id="n1", leader="n1", replicas=()):
    """Members of whom `states` says which are reachable."""
    members = [
        RaftNode(f"n{number}", "", f"192.0.2.{number}:7001", f"n{number}" not in replicas, up, f"n{number}" == leader)
        for number, up in enumerate(states, 1)
    ]
    return Cluster(self_id, tuple(members))


@pytest.mark.parametrize(
    ("states", "spared"),
    [
        ([True], True),  # alone: there is no other way
        ([True, True], True),  # two can never spare one, and this is the best moment
        ([True, True, True], True),
        ([True, True, False], False),
        ([True, True, True, True], True),
        ([True, True, True, False], False),
        ([True, True, True, True, False], True),
        ([True, True, True, False, False], False),
    ],
)
def test_what_is_left_must_be_a_majority(states, spared) -> None:
    assert (restarting._lost_without(cluster(states)) == "") is spared


def test_the_missing_are_named() -> None:
    assert restarting._lost_without(cluster([True, True, False])) == (
        "without this host 1 of 3 voters would be left, and 2 are needed; not reachable: n3 (192.0.2.3:7001)"
    )


def test_a_replica_can_always_be_spared() -> None:
    assert restarting._lost_without(cluster([True, True, False, True], self_id="n4", replicas={"n4"})) == ""


def test_what_has_no_leader_has_nothing_to_lose() -> None:
    assert restarting._lost_without(cluster([True, False, False], leader="")) == ""


def test_a_look_at_the_members() -> None:
    seen = cluster([True, True, False, True], self_id="n2", replicas={"n4"})
    assert (seen.quorum, seen.reachable, seen.leads, seen.votes) == (2, 2, False, True)
    document = seen.as_dict()
    assert document["leader"] == {"id": "n1", "address": "192.0.2.1:7001"}
    assert [one["id"] for one in document["voters"]] == ["n1", "n2", "n3"]
    assert [one["id"] for one in document["replicas"]] == ["n4"]
