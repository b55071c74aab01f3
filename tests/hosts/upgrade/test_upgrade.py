"""From the previous release to this one under load; an upgrade that stops. Each test goes on from the one before."""

import sys

import pytest

from hostkit.bed import bed, bed_dir
from hostkit.paths import PROJECT
from hostkit.patience import eventually
from hostkit.playbook import Run, play
from hostkit.release import make, present, previous
from hostkit.writer import Writer

pytestmark = pytest.mark.timeout(1800)

UPGRADE = "ansible/upgrade.yml"
UNITS = "/etc/systemd/system"
OVERRIDE = "[Service]\nEnvironment=OPERATOR=was-here\n"
BREAK = "[Service]\nExecStartPre=/bin/false\n"


def drop_in(machine, unit, name, text):
    """Do what `systemctl edit` does; nothing is restarted."""
    machine.root(f"mkdir -p {UNITS}/{unit}.d && cat > {UNITS}/{unit}.d/{name} && systemctl daemon-reload", stdin=text)


def releases(cluster):
    return {machine.name: machine.run("readlink /opt/debros/src/current").strip() for machine in cluster}


def main_pids(machine):
    units = ("debros-rqlite", "debros-node", "debros-gateway")
    return {unit: machine.unit(f"{unit}.service", "MainPID")["MainPID"] for unit in units}


def database(machine):
    """Return the process that is the database, and what makes it what it is: program, command line, unit."""
    pid = main_pids(machine)["debros-rqlite"]
    program = machine.root("sha256sum < /opt/debros/bin/rqlited")
    command = machine.root(f"tr '\\0' ' ' < /proc/{pid}/cmdline")
    return pid, (program, command, machine.run("systemctl cat debros-rqlite.service"))


def order(output):
    """Return the hosts in the order in which a playbook brought them the release."""
    task, hosts = "", []
    for line in output.splitlines():
        if line.startswith("TASK ["):
            task = line
        elif "Bring the release to the host" in task and line.startswith(("changed: [", "ok: [")):
            hosts.append(line.split("[", 1)[1].split("]")[0])
    return hosts


def followers_then(leader, cluster):
    return [machine.name for machine in cluster if machine.name != leader] + [leader]


@pytest.fixture(scope="module")
def old():
    release, words = previous()
    sys.stdout.write(f"\n    previous release: {release.id}, {words}\n    this release: {present().id}\n")
    return release


def test_the_previous_release_is_installed(cluster, old):
    play("-e", f"debros_release_file={old.archive}", tree=old.tree)
    cluster.until_whole()
    assert set(releases(cluster).values()) == {old.id}


def test_upgraded_under_load_with_nothing_lost(cluster):
    for machine in cluster:
        drop_in(machine, "debros-gateway.service", "override.conf", OVERRIDE)
    leader = cluster.leader().name
    before = {machine.name: database(machine) for machine in cluster}
    with Writer(cluster.gateway(next(iter(cluster)))) as writer:
        result = play(playbook=UPGRADE)
        writer.more()
    cluster.until_whole()
    for machine in cluster:
        writer.check(cluster.gateway(machine))
    writer.report(f"upgrade in {result.seconds:.0f} s")
    assert set(releases(cluster).values()) == {present().id}
    assert order(result.output) == followers_then(leader, cluster)
    for machine in cluster:
        (pid, was), (now_pid, now) = before[machine.name], database(machine)
        assert (pid != now_pid) == (was != now), f"{machine.name}: rqlited restarted without need, or not though needed"


def test_the_operators_drop_in_survives(cluster):
    for machine in cluster:
        assert machine.run(f"cat {UNITS}/debros-gateway.service.d/override.conf") == OVERRIDE
        pid = main_pids(machine)["debros-gateway"]
        assert "OPERATOR=was-here" in machine.root(f"tr '\\0' '\\n' < /proc/{pid}/environ").splitlines()


def test_a_second_upgrade_has_nothing_to_do(cluster):
    before = {machine.name: main_pids(machine) for machine in cluster}
    result = play(playbook=UPGRADE)
    # The backup it begins with is new each time there is something new to save.
    assert [task for task in result.changed_tasks() if "Take a backup on the leader" not in task] == []
    assert {machine.name: main_pids(machine) for machine in cluster} == before


def test_a_release_that_does_not_come_up_stops_at_its_first_host_and_goes_on_when_mended(cluster):
    following = make("build", PROJECT, bed_dir() / "following", "--version", "9.9.9")
    asked = ("-e", f"debros_release_file={following.archive}")
    leader = cluster.leader().name
    first, *rest = [cluster[name] for name in followers_then(leader, cluster)]
    before = {machine.name: main_pids(machine) for machine in rest}
    drop_in(first, "debros-node.service", "90-broken.conf", BREAK)
    with Writer(cluster.gateway(rest[0])) as writer:
        result = Run(*asked, playbook=UPGRADE).wait()
        assert result.status != 0
        said = " ".join(result.output.split())  # Ansible breaks lines where it likes
        assert f"The upgrade stopped at {first.name}" in said
        assert "Finished before it: none" in said
        assert f"Untouched: {', '.join(machine.name for machine in rest)}" in said
        assert "run the same command again" in said
        assert {name: release for name, release in releases(cluster).items() if name != first.name} == {
            machine.name: present().id for machine in rest
        }
        assert {machine.name: main_pids(machine) for machine in rest} == before
        first.root(f"rm {UNITS}/debros-node.service.d/90-broken.conf && systemctl daemon-reload")
        play(*asked, playbook=UPGRADE)
        writer.more()
    cluster.until_whole()
    assert set(releases(cluster).values()) == {following.id}
    for machine in cluster:
        writer.check(cluster.gateway(machine))
    writer.report("stopped, mended, finished")


def test_a_host_lost_in_its_turn_stops_the_upgrade_and_goes_on_when_it_is_back(cluster):
    following = make("build", PROJECT, bed_dir() / "after-that", "--version", "9.9.10")
    asked = ("-e", f"debros_release_file={following.archive}")
    was = next(iter(releases(cluster).values()))
    first, *rest = [cluster[name] for name in followers_then(cluster.leader().name, cluster)]
    before = {machine.name: main_pids(machine) for machine in rest}
    with Writer(cluster.gateway(rest[0])) as writer:
        run = Run(*asked, playbook=UPGRADE)
        eventually(lambda: order(run.printed()) or not run.running(), "the first host gets no release", 600, 0.1)
        bed("kill", first.name)  # the plug, in the middle of its turn
        result = run.wait()
        assert result.status != 0
        assert result.recap[first.name]["unreachable"] == 1
        assert order(result.output) == [first.name]
        assert set(releases(rest).values()) == {was}
        assert {machine.name: main_pids(machine) for machine in rest} == before
        bed("boot", first.name)
        first.settled()
        play(*asked, playbook=UPGRADE)
        writer.more()
    cluster.until_whole()
    assert set(releases(cluster).values()) == {following.id}
    for machine in cluster:
        writer.check(cluster.gateway(machine))
    writer.report("a host lost in its turn, back, finished")
