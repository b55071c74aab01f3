"""No secret in process lists, environments, the journal, units or files that others may read.

The search is proven by planting one in each of these places and finding it there.
"""

import secrets
from pathlib import Path

import pytest

from hostkit.secrets import SEARCH, of_controller, of_host

SEARCH_SECONDS = 600

PLANT = """
set -eu
umask 022
echo VALUE > /tmp/planted
(umask 077; echo VALUE > /opt/debros/bin/planted) # closed to others: not to be found
systemd-run --quiet --unit=planted --setenv=PLANTED=VALUE sleep infinity
systemd-run --quiet --unit=planted-too sh -c 'sleep infinity; : VALUE'
logger --tag planted VALUE
"""


def search(machine, values):
    return machine.python(SEARCH, root=True, data=sorted(values), timeout=SEARCH_SECONDS)


@pytest.mark.timeout(SEARCH_SECONDS)
def test_no_secret_is_in_the_open(cluster, machine):
    values = of_controller(cluster.secrets) | of_host(machine)
    assert len(values) >= 8
    assert search(machine, values) == []


@pytest.mark.timeout(SEARCH_SECONDS)
def test_the_search_finds_a_planted_secret(machine):
    value = secrets.token_hex(20)
    machine.root("sh -s", stdin=PLANT.replace("VALUE", value))  # not as an argument: sudo logs those
    try:
        found = search(machine, {value})
    finally:
        machine.root("systemctl stop planted planted-too; rm /tmp/planted /opt/debros/bin/planted")
    assert {place.split(":")[0] for place in found} == {"cmdline", "environ", "journal", "unit", "file"}
    assert "file: /tmp/planted" in found
    assert "file: /opt/debros/bin/planted" not in found
    assert [place for place in found if place.startswith("journal") and place.endswith(" planted")]


def test_the_controllers_secrets_are_the_operators_alone(cluster):
    assert cluster.secrets.stat().st_mode & 0o777 == 0o700
    for file in cluster.secrets.rglob("*"):
        if file.is_file() and file.parent.name != "peers" and file.name != "ca.crt":
            assert file.stat().st_mode & 0o777 == 0o600, file


def test_what_is_made_on_a_host_never_leaves_it(cluster, machine):
    private = of_host(machine, only=("identity.key", "raft.key"))
    for file in (path for path in Path(cluster.secrets).rglob("*") if path.is_file()):
        text = file.read_bytes().decode(errors="replace")
        assert not [value for value in private if value in text], file
