"""`--tags <role>`: one role alone is safe, on hosts that serve and on one that has never been seen."""

import pytest

from hostkit.bed import bed
from hostkit.cluster import SERVICES
from hostkit.playbook import Run, play

pytestmark = pytest.mark.timeout(1200)

ROLES = ("common", "debros", "firewall", "rqlite", "node", "gateway", "backup", "monitoring")


def runs(cluster):
    """Which run of each service this is, on every host."""
    return {
        (machine.name, service): machine.unit(f"{service}.service", "MainPID", "InvocationID")
        for machine in cluster
        for service in SERVICES
    }


@pytest.mark.parametrize("role", ROLES)
def test_where_nothing_is_new_nothing_changes(cluster, role):
    before = runs(cluster)
    result = play("--tags", role)
    assert result.changed_tasks() == []
    assert set(result.recap) == {machine.name for machine in cluster}
    assert runs(cluster) == before


def test_on_a_bare_host_each_does_its_part_or_says_what_comes_first(cluster):
    """Backwards, so that none finds what it needs; the whole playbook mends whatever they have left."""
    bare = cluster.machines[-1]
    bed("down", bare.name)
    bed("up", f"{bare.name}={bare.address}")
    for role in reversed(ROLES):
        result = Run("--tags", role, "--limit", bare.name).wait()
        assert "Traceback" not in result.output
        assert result.recap[bare.name]["unreachable"] == 0, result.output
        if result.status != 0:
            said = " ".join(result.output.split())
            assert "site.yml" in said, f"{role} says nothing about what comes first: {result.output[-2000:]}"
        assert bare.run("true") == "", f"{role}: SSH is shut out"
        assert cluster.gateway(cluster.machines[0]).health()["server"]
    play()
    cluster.until_whole()
