"""A node is killed, hangs, or is cut off while messages flow between the others: nobody there misses one.

Afterwards everybody hears everybody again; how soon is printed.
"""

import asyncio
import itertools
import sys
import time

import pytest

from hostkit.bed import bed
from hostkit.gateway import heard
from hostkit.stream import Stream

pytestmark = pytest.mark.timeout(3600)


def kill(machine):
    machine.root("systemctl kill --signal=KILL debros-node")


def hang(machine):
    machine.root("systemctl kill --signal=STOP debros-node")


def wake(machine):
    machine.root("systemctl kill --signal=CONT debros-node")


def cut(machine):
    bed("cut", machine.name)


def heal(machine):
    bed("heal", machine.name)


def nothing(machine):
    """Systemd starts it again."""


FAULTS = {"killed": (kill, nothing), "hung": (hang, wake), "cut off": (cut, heal)}


async def everybody_hears_everybody(gateways, topic):
    await asyncio.gather(
        *(
            heard(here, there, f"{topic}-{number}")
            for number, (here, there) in enumerate(itertools.permutations(gateways, 2))
        )
    )


def test_those_that_stay_miss_nothing(cluster, pytestconfig):
    machines, faults = itertools.cycle(cluster), itertools.cycle(FAULTS.items())
    for number in range(pytestconfig.getoption("rounds")):
        victim, (name, (fault, repair)) = next(machines), next(faults)
        if number % len(FAULTS) == len(FAULTS) - 1:
            next(faults)  # so that each host meets each fault
        others = {machine.name: cluster.gateway(machine) for machine in cluster if machine is not victim}
        with Stream(cluster.gateway(cluster.after(victim)), others) as stream:
            fault(victim)
            stream.more(500)
            repair(victim)
            since = time.monotonic()
            asyncio.run(everybody_hears_everybody([cluster.gateway(machine) for machine in cluster], f"all-{number}"))
            took = time.monotonic() - since
            stream.more(100)
        stream.check()
        sys.stdout.write(
            f"\n    round {number + 1}: the node of {victim.name} {name}; {stream.sent} messages, "
            f"everybody heard everybody {took:.1f} s after the repair\n"
        )
