"""A configuration that is wrong by itself: the service fails once, says why, and waits for somebody to mend it."""

import pytest

from hostkit.bed import bed
from hostkit.cluster import SERVICES
from hostkit.machine import quoted
from hostkit.patience import eventually

pytestmark = pytest.mark.timeout(900)

FILES = {"debros-rqlite": "node.yaml", "debros-node": "node.yaml", "debros-gateway": "gateway.yaml"}
WRONG = "surprise: 1"
TOLD = "Configuration errors (1):\n  - surprise: unknown key"


@pytest.fixture
def spoilt(machine, service):
    """The service's configuration has a key nobody knows; a line of the journal to look from."""
    file = f"/opt/debros/configs/{FILES[service]}"
    machine.root(f"cp -p {file} {file}.good && echo '{WRONG}' >> {file}")
    yield machine.root("journalctl -n 0 --show-cursor").splitlines()[-1].removeprefix("-- cursor: ")
    machine.root(f"test ! -e {file}.good || mv {file}.good {file}")
    for each in SERVICES:
        machine.root(f"systemctl restart {each}")


def mend(machine, service):
    file = f"/opt/debros/configs/{FILES[service]}"
    machine.root(f"mv {file}.good {file}")
    machine.root(f"systemctl restart {service}")


def starts(machine, service, cursor):
    """How often it was started since, which is how often it said why it cannot."""
    words = machine.root(f"journalctl --after-cursor='{cursor}' -u {service} -o cat --no-pager")
    return words.count(TOLD)


def failed(machine, unit):
    return unit in machine.run("systemctl list-units --failed --no-legend --plain").split()


@pytest.mark.parametrize("service", ["debros-rqlite", "debros-node"])
def test_it_fails_once_and_says_why(cluster, machine, service, spoilt):
    machine.attempt(f"sudo systemctl restart {service}")
    eventually(lambda: failed(machine, f"{service}.service"), f"{service} is not failed", 60)
    shown = machine.unit(f"{service}.service", "ExecMainStatus", "NRestarts", "Result")
    assert shown == {"ExecMainStatus": "78", "NRestarts": "0", "Result": "exit-code"}
    assert starts(machine, service, spoilt) == 1
    assert "unknown key" in machine.attempt(f"sudo systemctl status {service} --no-pager").stdout
    mend(machine, service)
    cluster.until_whole()
    assert not failed(machine, f"{service}.service")


@pytest.mark.parametrize("service", ["debros-gateway"])
def test_callers_of_a_gateway_that_cannot_start_are_refused(cluster, machine, service, spoilt):
    """Callers start it through its socket: left open, that would use a core for as long as somebody calls."""
    # Four who call without a pause, before it fails and afterwards.
    calls = f"while :; do exec 3<> /dev/tcp/{machine.address}/6001 && cat <&3; done"
    machine.root(f"for n in 1 2 3 4; do systemd-run --quiet --unit caller-$n bash -c {quoted(calls)}; done")
    try:
        machine.attempt(f"sudo systemctl restart {service}")
        eventually(lambda: failed(machine, f"{service}.service"), f"{service} is not failed", 120)
        closed = {"ActiveState": "active"}
        eventually(lambda: machine.unit(f"{service}-closed.target", "ActiveState") == closed, "the port is open", 60)
        assert machine.unit(f"{service}.socket", "ActiveState") == {"ActiveState": "inactive"}
        knock = machine.attempt(f"bash -c 'exec 3<> /dev/tcp/{machine.address}/6001'")
        assert "refused" in knock.stderr
        # Nobody has started it again, and nobody can.
        assert starts(machine, service, spoilt) == 1
    finally:
        machine.root("systemctl stop caller-1 caller-2 caller-3 caller-4")
    # One command brings both back.
    mend(machine, service)
    cluster.until_whole()
    assert machine.unit(f"{service}.socket", "ActiveState") == {"ActiveState": "active"}
    assert machine.unit(f"{service}-closed.target", "ActiveState") == {"ActiveState": "inactive"}


@pytest.mark.usefixtures("spoilt")
@pytest.mark.parametrize("service", ["debros-node"])
def test_after_a_power_cut_it_fails_again_and_the_others_serve(cluster, machine, service):
    bed("kill", machine.name)
    bed("boot", machine.name)
    eventually(lambda: failed(machine, f"{service}.service"), f"{service} is not failed after the boot", 180)
    serves = {"ActiveState": "active"}
    eventually(lambda: machine.unit("debros-gateway.service", "ActiveState") == serves, "no gateway", 180)
    # The database shares the file, so it has failed as well.
    assert failed(machine, "debros-rqlite.service")
    mend(machine, service)
    machine.root("systemctl restart debros-rqlite")
    cluster.until_whole()
