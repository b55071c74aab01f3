"""`up` and `down` with the real programs: from nothing, again, after crashes, with more hosts, and failing."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from debros.supervise import ProcessIdentity, is_running

pytestmark = pytest.mark.cluster

PORT_OFFSET = 5000  # apart from `make up` and from the other tests' and benches' clusters
FAILS = 1


@dataclass
class Local:
    """A local cluster of one test's own."""

    home: Path
    env: dict[str, str]

    def run(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "debros.local", *words],
            env=self.env, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def processes(self) -> dict[str, ProcessIdentity]:
        status: dict[str, Any] = json.loads((self.home / "run" / "status.json").read_text())
        return {p["name"]: ProcessIdentity(p["pid"], p["start_time"]) for p in status["processes"]}

    def supervisor(self) -> ProcessIdentity:
        pid, start_time = (self.home / "run" / "supervisor.lock").read_text().split()
        return ProcessIdentity(int(pid), int(start_time))

    def call(self, path: str, body: dict[str, Any]) -> httpx.Response:
        key = (self.home / "api.key").read_text().strip()
        url = f"http://127.0.0.1:{6001 + PORT_OFFSET}{path}"
        return httpx.post(url, json=body, headers={"X-API-Key": key}, timeout=30)


def until(what: str, true: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.05)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    home = tmp_path / "d"
    local = Local(
        home,
        os.environ
        | {
            "DEBROS_HOME": str(home),
            "DEBROS_PORT_OFFSET": str(PORT_OFFSET),
            "DEBROS_CREDENTIALS_FILE": str(tmp_path / "credentials.json"),
        },
    )
    yield local
    local.run("down")
    left = [p.pid for p in psutil.process_iter(["cmdline"]) if str(home) in " ".join(p.info["cmdline"] or [])]
    assert left == []


def test_the_life_of_one_host(local: Local) -> None:
    first = local.run("up")
    assert "DeBros Network is up: 1 host, started in" in first
    assert f"http://localhost:{6001 + PORT_OFFSET}" in first
    processes = local.processes()
    assert list(processes) == ["host1/rqlited", "host1/node", "host1/gateway"]

    # The command line finds the key.
    stored = json.loads(Path(local.env["DEBROS_CREDENTIALS_FILE"]).read_text())
    assert stored["current"] == f"http://localhost:{6001 + PORT_OFFSET}"

    # A second time changes nothing.
    before = {p: p.stat().st_mtime_ns for p in local.home.rglob("*.yaml")}
    assert "1 host, was running already" in local.run("up")
    assert local.processes() == processes
    assert {p: p.stat().st_mtime_ns for p in local.home.rglob("*.yaml")} == before

    # A killed process comes back.
    os.kill(processes["host1/gateway"].pid, signal.SIGKILL)
    until("a new gateway", lambda: local.processes()["host1/gateway"] not in (processes["host1/gateway"], None))
    local.run("up")
    restarts = {p["name"]: p["restarts"] for p in json.loads(local.run("status", "--format", "json"))["processes"]}
    assert restarts == {"host1/rqlited": 0, "host1/node": 0, "host1/gateway": 1}

    # What was written outlives a stop and a crash of the supervisor.
    created = local.call("/v1/rqlite/create-table", {"schema": "CREATE TABLE t(a INTEGER)"})
    assert created.status_code == httpx.codes.CREATED
    assert local.call("/v1/rqlite/exec", {"sql": "INSERT INTO t(a) VALUES(42)"}).status_code == httpx.codes.OK
    running = [*local.processes().values(), local.supervisor()]
    assert local.run("down") == "Stopped.\n"
    assert not any(is_running(process) for process in running)
    assert "Nothing is running." in local.run("down")
    local.run("up")
    running = list(local.processes().values())
    os.kill(local.supervisor().pid, signal.SIGKILL)
    until("the end of its processes", lambda: not any(is_running(process) for process in running))
    assert "Nothing is running" in local.run("status")
    local.run("up")
    rows = local.call("/v1/rqlite/query", {"sql": "SELECT a FROM t"}).json()
    assert rows["items"] == [{"a": 42}]


def test_hosts_are_added_to_a_running_cluster(local: Local) -> None:
    local.run("up")
    before = local.processes()
    assert "DeBros Network is up: 3 hosts" in local.run("up", "--nodes", "3")
    after = local.processes()
    assert len(after) == 9
    assert {name: after[name] for name in before} == before
    nodes = httpx.get(f"http://127.0.0.1:{5003 + PORT_OFFSET}/nodes?ver=2", timeout=10).json()["nodes"]
    assert [node["reachable"] for node in nodes] == [True] * 3
    assert "This cluster has 3 hosts" in local.run("up", "--nodes", "1", code=FAILS)
    local.run("down")
    assert "3 hosts, started in" in local.run("up")


def test_a_start_that_fails_says_why_and_leaves_nothing_running(local: Local) -> None:
    (local.home / "host1" / "p2p.sock").mkdir(parents=True)  # the node cannot make its socket there
    said = local.run("up", code=FAILS)
    assert "error: host1/node exits at once with code 1" in said
    assert f"The end of its log, {local.home}/logs/host1-node.log:" in said
    assert "p2p.sock" in said.partition("The end of its log")[2]
    assert "Nothing is left running" in said
    assert "Nothing is running" in local.run("status")
    (local.home / "host1" / "p2p.sock").rmdir()
    local.run("up")


def test_in_the_foreground_until_ctrl_c(local: Local) -> None:
    with contextlib.ExitStack() as stack:
        started = {}
        for command in ("run-node", "run-gateway"):
            started[command] = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "debros.local", command, "1"], env=local.env, stdout=subprocess.PIPE
                )
            )
            stack.callback(started[command].kill)

        def healthy() -> bool:
            assert all(process.poll() is None for process in started.values())
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(f"http://127.0.0.1:{6001 + PORT_OFFSET}/health", timeout=5).is_success
            return False

        until("a healthy gateway", healthy)
        taken = local.run("up", code=FAILS)
        assert "These ports cannot be used" in taken
        for process in started.values():
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=60)
            assert process.returncode == 0
            assert b"host1/" in output
