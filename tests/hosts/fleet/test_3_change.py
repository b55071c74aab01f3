"""Machines are replaced and removed while a client writes. Each test goes on from the one before."""

import pytest

from hostkit import rqlite
from hostkit.bed import bed
from hostkit.fleet import ADD, REMOVE, REPLACE, mentions, voters
from hostkit.machine import Machine
from hostkit.patience import eventually
from hostkit.writer import Writer

pytestmark = pytest.mark.timeout(3000)


def others(fleet, *without):
    return [name for name in fleet.names if name not in without]


def unreachable(machine, name):
    return not rqlite.nodes(machine)[name]["reachable"]


def test_no_change_while_another_voter_is_down(fleet):
    cluster = fleet.cluster
    cluster["n3"].root("systemctl stop debros-rqlite")
    eventually(lambda: unreachable(cluster["n1"], "n3"), "n1 still sees n3")
    said = fleet.refused(REMOVE, "-e", "node=n2")
    assert "the voter n3 cannot be reached, and with it down this could cost the majority" in said
    assert "(-e node=n2,n3)" in said
    assert "the voter n3 cannot be reached" in fleet.refused(REPLACE, "-e", "node=n2")
    refused = cluster["n1"].attempt("sudo debros-host forget n2")
    assert refused.returncode == 5
    assert "without n2 there would be 2 voters, of which 2 are needed and 1 can be reached" in refused.stderr
    assert "n2" in rqlite.nodes(cluster["n1"])
    cluster["n3"].root("systemctl start debros-rqlite")
    cluster.until_whole()


def test_what_cannot_be_meant_is_refused(fleet):
    assert "Say which host: -e node=NAME" in fleet.refused(REMOVE)
    assert "n9 is neither a member of the cluster" in fleet.refused(REMOVE, "-e", "node=n9")
    everybody = ",".join(fleet.names)
    assert "the last host goes with ansible/uninstall.yml" in fleet.refused(REMOVE, "-e", f"node={everybody}")
    own = fleet.cluster["n1"].attempt("sudo debros-host forget n1")
    assert (own.returncode, "n1 is this host, and a host does not remove itself" in own.stderr) == (1, True)


def test_a_replaced_machine_gets_its_data_from_the_others(fleet):
    cluster, lost = fleet.cluster, fleet.cluster["n2"]
    address = lost.address
    with Writer(cluster.gateway(cluster["n1"])) as writer:
        bed("down", lost.name)
        bed("up", f"{lost.name}={address}")
        result = fleet.play(REPLACE, "-e", f"node={lost.name}")
        cluster.until_whole()
        writer.more()
    writer.report(f"a machine replaced in {result.seconds:.0f} s")
    for machine in cluster:
        writer.check(cluster.gateway(machine))
    assert voters(lost) == {"n1", "n2", "n3"}
    assert fleet.play(REPLACE, "-e", f"node={lost.name}").changed_tasks() == []


def test_the_leader_is_removed_alive_and_the_replica_votes_in_its_place(fleet):
    leaving = fleet.cluster.leader()
    stay = others(fleet, leaving.name)
    kept = fleet.cluster[stay[0]]
    with Writer(fleet.cluster.gateway(kept)) as writer:
        result = fleet.play(REMOVE, "-e", f"node={leaving.name}")
        writer.more()
    writer.report(f"the leader removed in {result.seconds:.0f} s")
    assert "the next run of site.yml would add it again" in " ".join(result.output.split())
    assert fleet.play(REMOVE, "-e", f"node={leaving.name}").changed_tasks() == []
    cluster = fleet.be(*stay)
    cluster.until_whole()
    for machine in cluster:
        writer.check(cluster.gateway(machine))
        assert voters(machine) == set(stay)
    assert mentions(cluster, leaving.address) == []
    # systemctl ends with 1 when it lists nothing.
    assert leaving.attempt("systemctl list-unit-files 'debros*' --no-legend").stdout.strip() == ""
    assert "debros" not in leaving.root("ufw show added")
    assert fleet.play("site.yml").changed_tasks() == []


def test_one_that_was_removed_comes_back_with_its_data(fleet):
    (away,) = {"n1", "n2", "n3", "n4"} - set(fleet.names)
    cluster = fleet.be(*fleet.names, away)
    with Writer(cluster.gateway(cluster[fleet.names[0]])) as writer:
        fleet.play(ADD, "-e", f"node={away}")
        cluster.until_whole()
        writer.more()
    for machine in cluster:
        writer.check(cluster.gateway(machine))
    assert rqlite.nodes(cluster[away])[away]["voter"] is False
    assert cluster[away].attempt("sudo test -e /opt/debros/data/db/rejoin").returncode == 1


def test_a_dead_one_is_removed(fleet):
    dead = fleet.cluster[fleet.names[1]]
    stay = others(fleet, dead.name)
    kept = fleet.cluster[stay[0]]
    bed("kill", dead.name)
    with Writer(fleet.cluster.gateway(kept)) as writer:
        eventually(lambda: unreachable(kept, dead.name), f"{kept.name} still sees {dead.name}")
        result = fleet.play(REMOVE, "-e", f"node={dead.name}")
        writer.more()
    writer.report(f"a dead host removed in {result.seconds:.0f} s")
    assert f"{dead.name} does not answer and is taken for dead" in " ".join(result.output.split())
    cluster = fleet.be(*stay)
    cluster.until_whole()
    for machine in cluster:
        writer.check(cluster.gateway(machine))
        assert voters(machine) == set(stay)
    assert mentions(cluster, dead.address) == []
    assert fleet.play("site.yml").changed_tasks() == []


def test_a_host_that_only_vanished_from_the_inventory_is_named(fleet):
    gone = Machine(fleet.names[-1])
    before = fleet.names
    cluster = fleet.be(*before[:-1])
    said = fleet.refused("site.yml")
    assert f"member {gone.name} ({gone.address}:7001) of the running cluster is not in" in said
    assert f"ansible-playbook ansible/remove-node.yml -i … -e node={gone.name}" in said
    assert rqlite.nodes(cluster[before[0]])[gone.name]["reachable"]
    gone.root("systemctl disable --now debros.target debros-gateway.socket && systemctl stop 'debros-*'")
    fleet.play(REMOVE, "-e", f"node={gone.name}")
    cluster.until_whole()
    assert voters(cluster[before[0]]) == set(before[:-1])
    with Writer(cluster.gateway(cluster[before[0]])) as writer:
        writer.more()
    for machine in cluster:
        writer.check(cluster.gateway(machine))
    assert fleet.play("site.yml").changed_tasks() == []
