"""New certificates and new passwords while a client writes."""

import pytest

from hostkit import rqlite
from hostkit.writer import Writer

pytestmark = pytest.mark.timeout(3000)

SERIAL = "openssl x509 -noout -serial -in /opt/debros/keys/raft.crt"
# What a host shows to the others: what runs, not what lies on its disk.
SHOWN = (
    "openssl s_client -connect {address}:7001 -cert /opt/debros/keys/raft.crt -key /opt/debros/keys/raft.key"
    " < /dev/null 2> /dev/null | openssl x509 -noout -serial"
)


def shown(cluster):
    return {
        machine.name: cluster.after(machine).root(SHOWN.format(address=machine.address)).strip() for machine in cluster
    }


def test_certificates(fleet):
    cluster = fleet.cluster
    before = shown(cluster)
    with Writer(cluster.gateway(cluster["n1"])) as writer:
        result = fleet.play("ansible/rotate.yml")
        writer.more()
    writer.report(f"certificates of {len(cluster)} hosts in {result.seconds:.0f} s")
    cluster.until_whole()
    for machine in cluster:
        writer.check(cluster.gateway(machine))
    after = shown(cluster)
    assert set(before.values()).isdisjoint(after.values())
    assert after == {machine.name: machine.root(SERIAL).strip() for machine in cluster}
    assert fleet.play("site.yml").changed_tasks() == []


def test_authority(fleet):
    cluster = fleet.cluster
    before = (cluster.secrets / "ca.crt").read_text()
    with Writer(cluster.gateway(cluster["n1"])) as writer:
        result = fleet.play("ansible/rotate-authority.yml")
        writer.more()
    writer.report(f"authority of {len(cluster)} hosts in {result.seconds:.0f} s")
    cluster.until_whole()
    after = (cluster.secrets / "ca.crt").read_text()
    assert before not in after
    for machine in cluster:
        writer.check(cluster.gateway(machine))
        assert machine.root("cat /opt/debros/keys/raft-ca.crt") == after
        machine.root("openssl verify -CAfile /opt/debros/keys/raft-ca.crt /opt/debros/keys/raft.crt")
    assert shown(cluster) == {machine.name: machine.root(SERIAL).strip() for machine in cluster}
    assert fleet.play("site.yml").changed_tasks() == []


def test_passwords(fleet):
    cluster = fleet.cluster
    old = {machine.name: machine.root("cat /opt/debros/keys/rqlite-admin").strip() for machine in cluster}
    with Writer(cluster.gateway(cluster["n1"])) as writer:
        result = fleet.play("ansible/rotate-passwords.yml")
        writer.more()
    writer.report(f"passwords of {len(cluster)} hosts in {result.seconds:.0f} s")
    cluster.until_whole()
    for machine in cluster:
        writer.check(cluster.gateway(machine))
        assert machine.root("cat /opt/debros/keys/rqlite-admin").strip() != old[machine.name]
        machine.root("umask 077 && cat > /opt/debros/keys/old-password", stdin=old[machine.name])
        try:
            assert rqlite.ask(machine, "/status", "old-password")[0] == 401
        finally:
            machine.root("rm /opt/debros/keys/old-password")
    assert fleet.play("site.yml").changed_tasks() == []
