"""How much disk an installation needs, and a disk that runs full in the middle of one."""

import contextlib
import sys
from pathlib import Path

import pytest
import yaml

from hostkit.bed import bed
from hostkit.disk import MIB, Watch
from hostkit.paths import PROJECT
from hostkit.patience import eventually
from hostkit.playbook import Run, play

pytestmark = pytest.mark.timeout(1800)


def after(task):
    """The moment the next task begins: Ansible prints a task's name with its first result."""
    return lambda run, _: f"TASK [debros.network.debros : {task}" in run.printed()


def once_there_is(pattern):
    """The moment a file appears on the host."""
    return lambda _, machine: list(Path(bed("root", machine.name).strip()).glob(pattern))


MOMENTS = [
    pytest.param(once_there_is("home/admin/.ansible/tmp/*/debros-*.tar.gz"), id="copying"),
    pytest.param(once_there_is("opt/debros/src/*/wheels/*"), id="unpacking"),
    pytest.param(after("Link the programs"), id="keys"),
    pytest.param(after("Make the host's keys"), id="secrets"),
]


def test_what_is_asked_for_is_enough(cluster, new_hosts):
    new_hosts()
    asked = yaml.safe_load((PROJECT / "roles/common/defaults/main.yml").read_text())["common_disk_mb"]
    for machine in cluster:
        bed("fill", machine.name, asked + 1)
    with contextlib.ExitStack() as stack:
        watches = [stack.enter_context(Watch(machine)) for machine in cluster]
        play()
    most, kept = max(watch.used for watch in watches), max(watch.kept for watch in watches)
    sys.stdout.write(f"\n    playbook: at most {most // MIB} MB of disk, in the end {kept // MIB} MB\n")


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_disk_runs_full(cluster, new_hosts, moment):
    *_, victim = cluster
    new_hosts()
    run = Run()
    eventually(lambda: moment(run, victim) or not run.running(), "the moment does not come", 600, 0.02)
    bed("fill", victim.name)
    result = run.wait(900)
    assert result.status != 0, "it was filled too late"
    failed = [name for name, counts in result.recap.items() if counts["failed"] or counts["unreachable"]]
    assert failed == [victim.name]
    said = result.output[result.output.index("[ERROR]") : result.output.index("PLAY RECAP")]
    sys.stdout.write(f"\n{said}\n")
    assert "No space left on device" in said
    assert "Traceback" not in said
    bed("unfill", victim.name)
    play()
    cluster.until_whole()
    assert play("--check").changed_tasks() == []
