"""A host with an empty disk never forms a second cluster, and a run of the playbook takes it in again."""

import json
import time

import pytest

from hostkit import rqlite
from hostkit.bed import bed
from hostkit.patience import eventually
from hostkit.playbook import play
from hostkit.writer import Writer

pytestmark = pytest.mark.timeout(1200)

OBSERVED = 20  # seconds, many times an election timeout


def raft(machine):
    """What this host's rqlited says about Raft; nothing when it does not answer."""
    status, body = rqlite.ask(machine, "/status")
    return json.loads(body)["store"]["raft"] if status == 200 else {}


def leads_alone(machine):
    return raft(machine).get("state") == "Leader" and int(raft(machine).get("num_peers", 0)) == 0


def test_emptied_data_folder(cluster, machine, other):
    with Writer(cluster.gateway(other)) as writer:
        machine.root("systemctl stop debros-gateway debros-node debros-rqlite")
        machine.root("rm -rf /opt/debros/data/db /opt/debros/data/node /opt/debros/data/gateway")
        machine.attempt("sudo systemctl start debros-rqlite debros-node debros-gateway")
        writer.more(100)
        assert not leads_alone(machine)
        play()
        cluster.until_whole()
        assert not leads_alone(machine)
        writer.more()
    for reader in cluster:
        writer.check(cluster.gateway(reader))


def test_rebuilt_host_with_the_same_name_and_address(cluster, machine, other):
    with Writer(cluster.gateway(other)) as writer:
        bed("down", machine.name)
        bed("up", f"{machine.name}={machine.address}")
        result = play()
        assert {name for name, counts in result.recap.items() if counts["failed"] or counts["unreachable"]} == set()
        cluster.until_whole()
        writer.more()
    for reader in cluster:
        writer.check(cluster.gateway(reader))
    voters = {name for name, node in rqlite.nodes(machine).items() if node["voter"]}
    assert voters == {member.name for member in cluster}
    again = play()
    assert again.changed_tasks() == []


def test_two_of_three_emptied_hosts_do_not_outvote_the_third(cluster):
    """Those with nothing must not agree on a new, empty cluster behind the back of the one that has the data."""
    keeper, *emptied = cluster
    with Writer(cluster.gateway(keeper)) as writer:
        pass
    for machine in cluster:
        machine.root("systemctl stop debros-gateway debros-node debros-rqlite")
    saved = "/var/lib/saved-by-test"
    for machine in emptied:
        machine.root(f"mv /opt/debros/data/db {saved} && install -d -m 700 -o debros -g debros /opt/debros/data/db")
    try:
        for machine in cluster:
            machine.attempt("sudo systemctl start --no-block debros-rqlite")
        eventually(lambda: rqlite.ask(keeper, "/status")[0] == 200, "the third does not start", 60)
        end = time.monotonic() + OBSERVED
        while time.monotonic() < end:
            assert not [machine.name for machine in cluster if raft(machine).get("state") == "Leader"]
            time.sleep(1)
    finally:
        for machine in cluster:
            machine.root("systemctl stop debros-rqlite")
        for machine in emptied:
            machine.root(f"rm -rf /opt/debros/data/db && mv {saved} /opt/debros/data/db")
        for machine in cluster:
            machine.root("systemctl start debros-rqlite debros-node debros-gateway")
    cluster.until_whole()
    writer.check(cluster.gateway(keeper))
