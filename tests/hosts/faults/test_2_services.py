"""One service dies, hangs, restarts, or has no room to write."""

import threading

import httpx
import pytest

from hostkit.bed import bed
from hostkit.cluster import SERVICES
from hostkit.patience import eventually
from hostkit.workers import pids
from hostkit.writer import Writer

pytestmark = pytest.mark.timeout(600)


def started_anew(machine, service, before):
    shown = machine.unit(f"{service}.service", "ActiveState", "MainPID")
    return shown["ActiveState"] == "active" and shown["MainPID"] not in ("0", before)


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_service_comes_back(cluster, machine, other, service):
    before = machine.unit(f"{service}.service", "MainPID", "NRestarts")
    with Writer(cluster.gateway(other)) as writer:
        machine.root(f"kill -9 {before['MainPID']}")
        eventually(lambda: started_anew(machine, service, before["MainPID"]), f"{service} is not back", 60)
        cluster.until_whole()
        writer.more()
    after = machine.unit(f"{service}.service", "NRestarts")
    assert int(after["NRestarts"]) == int(before["NRestarts"]) + 1
    writer.check(cluster.gateway(machine))


@pytest.mark.parametrize("service", ["debros-node", "debros-gateway"])
def test_the_watchdog_ends_a_service_that_hangs(cluster, machine, service):
    before = machine.unit(f"{service}.service", "MainPID")["MainPID"]
    machine.root(f"kill -STOP {before}")
    # WatchdogSec passes, then TimeoutAbortSec: a stopped process does not even die of SIGABRT.
    eventually(lambda: started_anew(machine, service, before), f"{service} still hangs", 240)
    cluster.until_whole()
    assert "atchdog timeout" in machine.root(f"journalctl -b --no-pager -u {service} --grep='atchdog timeout'")


def test_a_worker_that_hangs_is_replaced_before_the_watchdog_ends_them_all(cluster, machine):
    workers = pids(machine)
    if not workers:
        pytest.skip(f"{machine.name}'s gateway is one process")
    before = machine.unit("debros-gateway.service", "MainPID", "NRestarts")
    hung = workers[2]
    machine.root(f"kill -STOP {hung}")

    def replaced():
        now = pids(machine)
        return len(now) == len(workers) and hung not in now.values()

    eventually(replaced, "the worker still hangs", 120)
    cluster.until_whole()
    assert machine.unit("debros-gateway.service", "MainPID", "NRestarts") == before
    assert "a worker hangs; it is ended" in machine.root("journalctl -b -u debros-gateway -n 200")


def test_a_full_disk_loses_nothing(cluster, machine, other):
    with Writer(cluster.gateway(other)) as writer:
        bed("fill", machine.name)
        writer.more(200)
        bed("unfill", machine.name)
        cluster.until_whole()
        writer.more()
    for reader in cluster:
        writer.check(cluster.gateway(reader))
    writer.report(f"full disk on {machine.name}")


class Knocker:
    """Opens one connection after the other and asks a question on each; counts the answers and keeps the errors."""

    def __init__(self, address: str) -> None:
        self.url = f"http://{address}:6001/livez"
        self.answers = 0
        self.errors: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._knock, daemon=True) for _ in range(4)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _knock(self):
        while not self._stop.is_set():
            try:
                httpx.get(self.url, timeout=60, trust_env=False)
                self.answers += 1
            except httpx.TransportError as error:
                self.errors.append(repr(error))


def test_a_gateway_restarts_behind_its_held_socket(cluster, machine):
    with Knocker(machine.address) as knocker:
        for _ in range(3):
            before = machine.unit("debros-gateway.service", "MainPID")["MainPID"]
            machine.root("systemctl restart debros-gateway.service")
            eventually(lambda before=before: started_anew(machine, "debros-gateway", before), "no restart", 60)
            target = knocker.answers + 50
            eventually(lambda target=target: knocker.answers >= target, "no answers after the restart", 60)
    assert knocker.errors == []
    cluster.until_whole()
