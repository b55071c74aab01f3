"""A host with an empty disk never forms a second cluster, and a run of the playbook takes it in again."""

import json

import pytest

from hostkit import rqlite
from hostkit.bed import bed
from hostkit.patience import eventually
from hostkit.playbook import play
from hostkit.writer import TABLE, Writer

pytestmark = pytest.mark.timeout(1200)


def raft(machine):
    """What this host's rqlited says about Raft; nothing when it does not answer."""
    status, body = rqlite.ask(machine, "/status")
    return json.loads(body)["store"]["raft"] if status == 200 else {}


def leads_alone(machine):
    return raft(machine).get("state") == "Leader" and int(raft(machine).get("num_peers", 0)) == 0


def counted(machine):
    """How many promises are in this host's own copy of the data."""
    _, tables = rqlite.ask(machine, "/db/query?level=none&q=SELECT+name+FROM+sqlite_master")
    names = [row[0] for row in json.loads(tables)["results"][0]["values"] if row[0].endswith(TABLE)]
    _, counts = rqlite.ask(machine, f"/db/query?level=none&q=SELECT+count(*)+FROM+{names[0]}")
    return json.loads(counts)["results"][0]["values"][0][0]


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


def test_two_emptied_hosts_do_not_outvote_the_one_that_has_the_data(cluster):
    """They must not agree on a new, empty cluster behind its back; it leads, and fills them again."""
    keeper, *emptied = cluster
    with Writer(cluster.gateway(keeper)) as writer:
        pass
    eventually(lambda: counted(keeper) >= len(writer.kept), "the host that stays does not have everything yet")
    for machine in cluster:
        machine.root("systemctl stop debros-gateway debros-node debros-rqlite")
    for machine in emptied:
        machine.root("rm -rf /opt/debros/data/db && install -d -m 700 -o debros -g debros /opt/debros/data/db")
    for machine in [*emptied, keeper]:  # those with nothing have a start
        machine.attempt("sudo systemctl start --no-block debros-rqlite debros-node debros-gateway")
    cluster.until_whole()
    for reader in cluster:
        writer.check(cluster.gateway(reader))
