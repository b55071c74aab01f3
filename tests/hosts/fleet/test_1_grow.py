"""From one host to three to four while a client writes. Each test goes on from the one before."""

import json

import pytest

from hostkit import rqlite
from hostkit.fleet import ADD, voters
from hostkit.machine import Machine
from hostkit.patience import eventually
from hostkit.writer import TABLE, Writer

pytestmark = pytest.mark.timeout(3000)


def test_it_begins_with_one_host(fleet):
    cluster = fleet.be("n1")
    fleet.play("site.yml")
    cluster.until_whole()


def test_a_name_that_is_not_in_the_inventory_comes_with_the_line_to_add(fleet):
    said = fleet.refused(ADD, "-e", "node=n2")
    assert f"n2 is not in the group debros of the inventory. Add at the end of its hosts, in {fleet.inventory}:" in said
    assert "n2: ansible_host: ADDRESS" in said


def test_a_new_host_before_a_voter_is_refused(fleet):
    fleet.be("n2", "n1", debros_replication_factor=1)
    assert "n2 stands before n1, which would no longer vote" in fleet.refused(ADD, "-e", "node=n2")


def test_two_more_are_added_and_the_first_is_not_restarted(fleet):
    cluster = fleet.be("n1", "n2", "n3")
    first = cluster["n1"]
    before = first.unit("debros-rqlite.service", "MainPID")
    with Writer(cluster.gateway(first)) as writer:
        result = fleet.play(ADD, "-e", "node=n2,n3")
        cluster.until_whole()
        writer.more()
    writer.report(f"two hosts added in {result.seconds:.0f} s")
    for machine in cluster:
        writer.check(cluster.gateway(machine))
    assert voters(first) == {"n1", "n2", "n3"}
    assert first.unit("debros-rqlite.service", "MainPID") == before
    assert fleet.play(ADD, "-e", "node=n2,n3").changed_tasks() == []


def test_the_fourth_is_a_replica(fleet):
    cluster = fleet.be("n1", "n2", "n3", "n4")
    with Writer(cluster.gateway(cluster["n1"])) as writer:
        fleet.play(ADD, "-e", "node=n4")
        cluster.until_whole()
        writer.more()
    for machine in cluster:
        writer.check(cluster.gateway(machine))
        assert voters(machine) == {"n1", "n2", "n3"}
        assert set(rqlite.nodes(machine)) == {"n1", "n2", "n3", "n4"}


def test_a_replica_forwards_writes_and_has_what_was_written(fleet):
    cluster, replica = fleet.cluster, fleet.cluster["n4"]
    with Writer(cluster.gateway(replica)) as writer:
        writer.more(50)
    writer.check(cluster.gateway(cluster["n1"]))
    rows = f"SELECT count(*) FROM {TABLE} WHERE number >= ?"
    through = cluster.gateway(replica)
    assert through.rows(rows, min(writer.kept))[0][0] >= len(writer.kept)
    # Its own copy, asked for nothing more than that.
    eventually(
        lambda: through.rows(rows, min(writer.kept), level="none")[0][0] >= len(writer.kept),
        "the replica's copy lacks what was written",
    )


def test_a_replica_may_be_lost_without_a_pause(fleet):
    cluster, replica = fleet.cluster, fleet.cluster["n4"]
    with Writer(cluster.gateway(cluster["n1"])) as writer:
        replica.root("systemctl stop debros-rqlite")
        writer.more(50)
        assert writer.unknown == []
        replica.root("systemctl start debros-rqlite")
    cluster.until_whole()
    status = json.loads(rqlite.ask(Machine("n4"), "/status")[1])
    assert status["store"]["raft"]["voter"] is False
