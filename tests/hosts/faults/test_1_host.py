"""One host is lost while a client writes through another: no promise is broken, and the host comes back by itself."""

import pytest

from hostkit.bed import bed
from hostkit.patience import eventually
from hostkit.writer import Writer

pytestmark = pytest.mark.timeout(900)

CLIENT_PATIENCE = 2.0  # seconds the writing client waits for an answer


def power_off(machine):
    bed("kill", machine.name)


def power_on(machine):
    bed("boot", machine.name)


def restart(machine):
    before = machine.boot_id()
    machine.attempt("sudo systemctl reboot")
    eventually(lambda: machine.attempt("true").returncode == 0 and machine.boot_id() != before, "no reboot", 120)


def cut(machine):
    bed("cut", machine.name)


def heal(machine):
    bed("heal", machine.name)


def hang(machine):
    bed("freeze", machine.name)


def wake(machine):
    bed("thaw", machine.name)


FAULTS = [
    pytest.param(power_off, power_on, id="power"),
    pytest.param(restart, None, id="reboot"),
    pytest.param(cut, heal, id="cable"),
    pytest.param(hang, wake, id="hang"),
]


def lose(cluster, victim, fault, repair, name):
    """Write through another host's gateway while `victim` has its fault."""
    with Writer(cluster.gateway(cluster.after(victim), CLIENT_PATIENCE)) as writer:
        fault(victim)
        writer.more()
        if repair:
            repair(victim)
        cluster.until_whole()
        writer.more()
    for reader in cluster:
        writer.check(cluster.gateway(reader))
    writer.report(name)


@pytest.mark.parametrize(("fault", "repair"), FAULTS)
def test_one_host_is_lost(cluster, machine, fault, repair, request):
    lose(cluster, machine, fault, repair, request.node.callspec.id)


@pytest.mark.parametrize(("fault", "repair"), FAULTS)
def test_the_leader_is_lost(cluster, fault, repair, request):
    lose(cluster, cluster.leader(), fault, repair, f"leader-{request.node.callspec.id}")


def test_all_hosts_restart_at_once(cluster):
    first = next(iter(cluster))
    with Writer(cluster.gateway(first, CLIENT_PATIENCE)) as writer:
        before = {machine.name: machine.boot_id() for machine in cluster}
        for machine in cluster:
            machine.attempt("sudo systemctl reboot")
        for machine in cluster:
            eventually(
                lambda machine=machine: (
                    machine.attempt("true").returncode == 0 and machine.boot_id() != before[machine.name]
                ),
                f"{machine.name}: no reboot",
                120,
            )
        cluster.until_whole()
        writer.more()
    for machine in cluster:
        writer.check(cluster.gateway(machine))
    writer.report("all restarted")


def test_all_hosts_lose_power_at_once(cluster):
    first = next(iter(cluster))
    with Writer(cluster.gateway(first, CLIENT_PATIENCE)) as writer:
        for machine in cluster:
            bed("kill", machine.name)
        for machine in cluster:
            bed("boot", machine.name)
        cluster.until_whole()
        writer.more()
    for machine in cluster:
        writer.check(cluster.gateway(machine))
    writer.report("all without power")
