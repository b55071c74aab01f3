"""The playbook itself is interrupted, on hosts that are new each time: by a kill, and by a host that loses power."""

import contextlib
import random
import sys

import pytest

from hostkit.bed import bed
from hostkit.patience import eventually
from hostkit.playbook import Run, play

pytestmark = pytest.mark.timeout(3600)


def test_killed_at_random_moments_it_converges_when_run_again(cluster, new_hosts, pytestconfig):
    moments = random.Random(pytestconfig.getoption("seed"))
    new_hosts()
    whole_run = play().seconds
    for number in range(1, pytestconfig.getoption("kills") + 1):
        new_hosts()
        moment = moments.uniform(0, whole_run)
        run = Run()
        with contextlib.suppress(AssertionError):  # this run may be the quicker one, and be done
            run.wait(moment)  # which kills it
        last = [line for line in run.printed().splitlines() if line.startswith(("TASK", "PLAY", "RUNNING"))]
        where = last[-1].strip(" *") if last else "the start"
        sys.stdout.write(f"\n    kill {number}: after {moment:.1f} of {whole_run:.1f} s, at {where}\n")
        play()
        cluster.until_whole()
        assert play("--check").changed_tasks() == []


def test_a_host_that_loses_power_is_named_and_a_second_run_converges(cluster, new_hosts):
    *_, victim = cluster
    new_hosts()
    run = Run()
    eventually(lambda: "TASK [debros.network.debros : " in run.printed() or not run.running(), "no progress", 300, 0.1)
    bed("kill", victim.name)
    result = run.wait(600)
    assert result.status != 0
    assert result.recap[victim.name]["unreachable"] == 1
    blamed = [line for line in result.output.splitlines() if line.startswith(("fatal:", "[ERROR]"))]
    assert [line for line in blamed if victim.name in line or victim.address in line]
    others = [name for name, counts in result.recap.items() if name != victim.name and counts["failed"]]
    assert others == []
    bed("boot", victim.name)
    play()
    cluster.until_whole()
