"""Which ports are open, tried from a member, from a stranger on the same network, and from the controller."""

import json
import subprocess
import sys

import pytest

from hostkit.doors import KNOCK, OPEN_TO_ALL, OPEN_TO_MEMBERS
from hostkit.patience import eventually

# Ports of ours that must be shut, and some that many a program opens unasked.
SHUT = {80, 443, 4002, 5001, 5002, 6002, 6060, 7002, 8080, 9090, 9100}
UNASKED = 18080  # where `unasked` listens, on all addresses

LISTENING = """
import json, subprocess
lines = subprocess.run(["ss", "-Htln"], check=True, capture_output=True, text=True).stdout.splitlines()
print(json.dumps(sorted({int(line.split()[3].rpartition(":")[2]) for line in lines})))
"""


@pytest.fixture(scope="module")
def unasked(cluster):
    """Let every host run a program that listens on all addresses, as the operator's own may."""
    for machine in cluster:
        machine.root(f"systemd-run --quiet --unit=unasked python3 -m http.server {UNASKED}")
    for machine in cluster:
        eventually(lambda machine=machine: UNASKED in machine.python(LISTENING), "the program does not listen")
    yield
    for machine in cluster:
        machine.root("systemctl stop unasked")


@pytest.fixture
def ports(machine, unasked):  # noqa: ARG001 - it has to be there, nothing is asked of it
    """All ports on which something listens in the host, and those that must be shut."""
    listening = set(machine.python(LISTENING))
    assert {22, 4001, 5001, 6001, 7001, UNASKED} <= listening
    return sorted(listening | SHUT)


def test_a_stranger_finds_three_doors(machine, stranger, ports):
    assert set(stranger.python(KNOCK, machine.address, data=ports)) == OPEN_TO_ALL


def test_the_controller_finds_the_same(machine, ports):
    knocked = subprocess.run(
        [sys.executable, "-c", KNOCK, machine.address],
        check=True,
        capture_output=True,
        text=True,
        input=json.dumps(ports),
    )
    assert set(json.loads(knocked.stdout)) == OPEN_TO_ALL


def test_a_member_finds_the_raft_port_too(cluster, machine, ports):
    if len(cluster) == 1:
        pytest.skip("a single host has no other members")
    member = cluster.after(machine)
    assert set(member.python(KNOCK, machine.address, data=ports)) == OPEN_TO_ALL | OPEN_TO_MEMBERS


def test_the_database_answers_the_host_itself_only(machine):
    assert machine.python(KNOCK, "127.0.0.1", data=[5001]) == [5001]
    assert machine.python(KNOCK, machine.address, data=[5001]) == []


def test_the_firewall_is_active_and_denies_by_default(machine):
    status = machine.root("ufw status verbose")
    assert "Status: active" in status
    assert "deny (incoming)" in status
    assert machine.unit("ufw.service", "UnitFileState")["UnitFileState"] == "enabled"
