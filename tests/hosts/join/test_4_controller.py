"""A cluster that looked after itself gets a controller, by the three steps of docs/deploy.md."""

import base64
import sys
import tarfile
from io import BytesIO

import pytest
import yaml

from hostkit.joined import NAMES
from hostkit.playbook import play

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def inventory(hosts, tmp_path_factory):
    """What the operator writes, and the secrets of one member beside it."""
    folder = tmp_path_factory.mktemp("inventory")
    members = {name: {"ansible_host": hosts[name].machine.address} for name in hosts["n1"].members()}
    content = {"debros": {"hosts": members, "vars": {"rqlite_third_party": True}}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    packed = hosts["n1"].machine.attempt("sudo tar -C /etc/debros -c secrets | base64 -w 0").stdout
    with tarfile.open(fileobj=BytesIO(base64.b64decode(packed))) as archive:
        archive.extractall(folder, filter="data")
    return folder  # as docs/deploy.md has it: secrets and all


def test_the_controller_takes_over(hosts, inventory):
    for host in hosts.values():
        host.machine.root("systemctl disable --now debros-members.path debros-members.timer")
    before = {name: hosts[name].runs() for name in NAMES}
    first = play(inventory=inventory)
    sys.stdout.write(f"\n    taking over: {first.seconds:.0f} s, changed: {first.changed_tasks()}\n")
    assert play(inventory=inventory).changed_tasks() == []
    # How hosts with an invite have found the cluster goes from their node.yaml, and their nodes read it anew.
    for name in NAMES:
        now = hosts[name].runs()
        kept = set(now) if name == "n1" else set(now) - {"debros-node.service"}
        assert {unit: now[unit] for unit in kept} == {unit: before[name][unit] for unit in kept}


def test_the_hosts_do_without_what_the_controller_has_now(hosts, inventory):
    gateway = hosts["n1"].gateway  # its key is read from the host, which is about to lose it
    for host in hosts.values():
        host.machine.root("rm -r /etc/debros")
    assert play(inventory=inventory).changed_tasks() == []
    gateway.execute("INSERT INTO notes VALUES ('of a controller')")
    assert gateway.rows("SELECT count(*) FROM notes", level="strong") == [[3]]
    refused = hosts["n1"].machine.attempt("sudo network-cli invite")
    assert refused.returncode == 1
    assert "does not have the cluster's authority" in refused.stderr
