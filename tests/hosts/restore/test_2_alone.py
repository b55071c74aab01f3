"""One host: one command."""

import json

import pytest

from hostkit.bed import bed, names
from hostkit.cluster import Cluster
from hostkit.paths import PROJECT
from hostkit.playbook import play

pytestmark = pytest.mark.timeout(1800)

INVENTORY = PROJECT / "molecule" / "default" / "inventory" / "hosts.yml"


@pytest.fixture(scope="module")
def alone(cluster):
    """The first host, new, as the only one of its cluster."""
    first = cluster.machines[0]
    address = first.address
    for name in names().keys() & {machine.name for machine in cluster}:
        bed("down", name)
    bed("up", f"{first.name}={address}")
    play(inventory=INVENTORY)
    return Cluster([first])


def host(alone, words):
    return json.loads(alone.machines[0].root(f"/opt/debros/bin/debros-host {words} --json"))


def test_one_command_restores_and_one_goes_back(alone):
    gateway = alone.gateway(alone.machines[0])
    gateway.execute("CREATE TABLE probe (a INTEGER)")
    gateway.execute("INSERT INTO probe VALUES (1)")
    taken = host(alone, "backup")
    gateway.execute("INSERT INTO probe VALUES (2)")
    done = host(alone, f"restore {taken['file'].rpartition('/')[2]} --yes")
    assert (done["rows"], done["tables"]) == (taken["rows"], taken["tables"])
    alone.until_whole()
    assert gateway.rows("SELECT count(*) FROM probe") == [[1]]
    host(alone, "restore --rollback --yes")
    alone.until_whole()
    assert gateway.rows("SELECT count(*) FROM probe") == [[2]]
    assert play(inventory=INVENTORY).changed_tasks() == []
