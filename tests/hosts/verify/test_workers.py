"""A gateway of as many processes as the inventory says, under its unit."""

import pytest
import yaml

from hostkit.gateway import heard
from hostkit.paths import INVENTORY
from hostkit.patience import eventually
from hostkit.workers import pids

GATEWAY = "debros-gateway.service"
FIGURES = """
import json, urllib.request
page = urllib.request.urlopen("http://127.0.0.1:8001/metrics", timeout=60).read().decode()
print(json.dumps(dict(line.rpartition(" ")[::2] for line in page.splitlines() if not line.startswith("#"))))
"""


@pytest.fixture
def count(machine):
    """How many workers the host is to have; one that has none is a process alone."""
    return int(yaml.safe_load(INVENTORY.read_text())["debros"]["hosts"][machine.name].get("gateway_workers", 1))


@pytest.fixture
def several(machine, count):
    if count == 1:
        pytest.skip(f"{machine.name}'s gateway is one process")
    return count


def test_all_workers_serve_and_the_status_says_so(machine, count):
    assert len(pids(machine)) == (count if count > 1 else 0)
    status = machine.unit(GATEWAY, "StatusText")["StatusText"]
    assert status.startswith(f"{count} of {count} workers; ") == (count > 1)


def test_the_unit_has_room_for_them(machine, count):
    shown = machine.unit(GATEWAY, "MemoryHigh", "MemoryMax", "TasksMax", "TasksCurrent", "FragmentPath")
    more = count - 1
    assert shown["MemoryHigh"] == str((768 + 128 * more) << 20)
    assert shown["MemoryMax"] == str((1024 + 128 * more) << 20)
    assert int(shown["TasksMax"]) == 128 + 16 * more
    assert int(shown["TasksCurrent"]) < 16 * (count + 1)


async def test_messages_pass_between_workers(cluster, machine, several):
    """Both sockets are at the same host; connections are spread, so it is two workers in half of the rounds."""
    gateway = cluster.gateway(machine)
    for number in range(2 * several):
        topic = f"workers-{machine.name}-{number}"
        assert await heard(gateway, gateway, topic) == topic.encode()


def test_a_worker_that_is_killed_comes_back_while_the_gateway_goes_on(cluster, machine, several):
    gateway = cluster.gateway(machine)
    before, parent = pids(machine), machine.unit(GATEWAY, "MainPID", "NRestarts")
    machine.root(f"kill -9 {before[1]}")
    assert gateway.health()["status"] == "ok"

    def whole():
        now = pids(machine)
        serving = machine.python(FIGURES)['debros_gateway_workers{state="serving"}']
        return before[1] not in now.values() and float(serving) == len(now) == several

    eventually(whole, "the worker is not back")
    assert gateway.health()["status"] == "ok"
    assert machine.unit(GATEWAY, "MainPID", "NRestarts") == parent
    assert "a worker has ended; it is started again" in machine.root("journalctl -b -u debros-gateway -n 200")
    others = {index: pid for index, pid in before.items() if index != 1}
    assert others.items() <= pids(machine).items()
