"""A host is taken off by ansible/uninstall.yml, keeps its data, and comes back with site.yml."""

import pytest

from hostkit.playbook import Run, play

pytestmark = pytest.mark.timeout(1800)

UNINSTALL = "ansible/uninstall.yml"
# Programs, units, links, rules: what must be gone; a line for each that is still there.
LEFT = """
for path in /opt/debros/bin /opt/debros/src /etc/systemd/system/debros* /usr/local/bin/network-cli \
  /usr/local/bin/debros-host /usr/local/share/*/*/*network-cli* \
  /etc/sysusers.d/debros.conf /etc/tmpfiles.d/debros.conf /run/debros; do
  ls -d "$path" 2> /dev/null
done
ufw show added | grep debros: || true
"""
RUNNING = "pgrep -a -u debros || true"
OPERATORS = ("allow 9999/tcp", "deny from 192.0.2.7", "limit 2022/tcp")


@pytest.fixture
def operators_rules(cluster):
    """The operator has rules of their own on the last host; call it to have those that are there."""
    machine = cluster.machines[-1]

    def rules():
        added = machine.root("ufw show added").splitlines()
        return [rule for rule in OPERATORS if f"ufw {rule}" in added]

    for rule in OPERATORS:
        machine.root(f"ufw {rule}")
    assert rules() == list(OPERATORS)
    yield rules
    for rule in OPERATORS:
        machine.root(f"ufw delete {rule}")


def test_taken_off_and_brought_back(cluster, operators_rules):
    machine = cluster.machines[-1]
    keys = machine.root("sha256sum /opt/debros/keys/identity.key")
    before = machine.root(LEFT)

    planned = Run("--limit", machine.name, "--check", playbook=UNINSTALL).wait()
    assert planned.recap[machine.name] == {"ok": 1, "changed": 1, "unreachable": 0, "failed": 0}, planned.output
    assert machine.root(LEFT) == before

    assert play("--limit", machine.name, playbook=UNINSTALL).count("changed") == 1
    assert machine.root(LEFT) == ""
    assert machine.root(RUNNING) == ""
    assert machine.root("sha256sum /opt/debros/keys/identity.key") == keys
    assert machine.root("test -d /opt/debros/data/db && id -u debros")
    assert machine.run("true") == "", "SSH is shut out"
    assert operators_rules() == list(OPERATORS)
    assert play("--limit", machine.name, playbook=UNINSTALL).count("changed") == 0

    play()
    cluster.until_whole()
    assert operators_rules() == list(OPERATORS)
    assert machine.root("sha256sum /opt/debros/keys/identity.key") == keys


def test_purged_and_made_anew(cluster, operators_rules):
    """One host of several, with an empty disk afterwards, is taken in again under a new identity."""
    machine = cluster.machines[-1]
    if len(cluster) == 1:
        pytest.skip("the cluster's only host has the data")
    play("--limit", machine.name, "-e", "uninstall_purge=true", playbook=UNINSTALL)
    assert machine.root(LEFT) == ""
    assert machine.attempt("test -e /opt/debros -o -e /etc/debros -o -e /var/log/debros-install.log").returncode == 1
    assert machine.attempt("id -u debros").returncode == 1
    assert operators_rules() == list(OPERATORS)
    again = play("--limit", machine.name, "-e", "uninstall_purge=true", playbook=UNINSTALL)
    assert again.count("changed") == 0
    play()
    cluster.until_whole()
