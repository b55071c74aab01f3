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

from debros.rqlite import binary
from debros.supervise import ProcessIdentity, is_running
from testkit.ports import free_offset

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).resolve().parents[3]
FAILS = 1


@dataclass
class Local:
    """A local cluster of one test's own."""

    home: Path
    env: dict[str, str]
    offset: int

    def run(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "debros.local", *words],
            env=self.env, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def shell(self, script: str, directory: Path = ROOT) -> str:
        """Run commands as a user types them in a clone of the repository."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=directory, env=self.env, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def files(self) -> dict[Path, tuple[int, int, int, bytes]]:
        """Return inode, mode, time of change and content of every file that says what the cluster is."""
        kept = [path for path in self.home.rglob("*") if path.is_file() and not {"logs", "run", "data"} & {*path.parts}]
        stored = [*kept, Path(self.env["DEBROS_CREDENTIALS_FILE"])]
        return {p: (p.stat().st_ino, p.stat().st_mode, p.stat().st_mtime_ns, p.read_bytes()) for p in stored}

    def processes(self) -> dict[str, ProcessIdentity]:
        status: dict[str, Any] = json.loads((self.home / "run" / "status.json").read_text())
        return {p["name"]: ProcessIdentity(p["pid"], p["start_time"]) for p in status["processes"]}

    def supervisor(self) -> ProcessIdentity:
        pid, start_time = (self.home / "run" / "supervisor.lock").read_text().split()
        return ProcessIdentity(int(pid), int(start_time))

    def call(self, path: str, body: dict[str, Any]) -> httpx.Response:
        key = (self.home / "api.key").read_text().strip()
        url = f"http://127.0.0.1:{6001 + self.offset}{path}"
        return httpx.post(url, json=body, headers={"X-API-Key": key}, timeout=30)


def until(what: str, true: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.05)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    home, offset = tmp_path / "d", free_offset()
    local = Local(
        home,
        os.environ
        | {
            "DEBROS_HOME": str(home),
            "DEBROS_PORT_OFFSET": str(offset),
            "DEBROS_CREDENTIALS_FILE": str(tmp_path / "credentials.json"),
        },
        offset,
    )
    yield local
    local.run("down")
    left = [p.pid for p in psutil.process_iter(["cmdline"]) if str(home) in " ".join(p.info["cmdline"] or [])]
    assert left == []


def test_the_life_of_one_host(local: Local) -> None:
    first = local.run("up")
    assert "DeBros Network is up: 1 host, started in" in first
    assert f"http://localhost:{6001 + local.offset}" in first
    assert f"  {(local.home / 'api.key').read_text().strip()}  (" in first
    processes = local.processes()
    assert list(processes) == ["host1/rqlited", "host1/node", "host1/gateway"]

    # The command line finds the key.
    stored = json.loads(Path(local.env["DEBROS_CREDENTIALS_FILE"]).read_text())
    assert stored["current"] == f"http://localhost:{6001 + local.offset}"

    # What it says to try works as it stands there.
    trying, _, _ = first.partition("\nTry:\n")[2].partition("\n\n")
    answers = local.shell(trying.replace("curl -s ", "echo; curl -s --fail-with-body ")).split("\n")
    health, selected, stored_value = (json.loads(answer) for answer in answers if answer)
    assert health["status"] == "ok"
    assert selected["items"] == [{"one": 1}]
    assert stored_value["status"] == "ok"

    # A second time changes nothing.
    before = local.files()
    assert {path.name for path in before} >= {
        *("node.yaml", "gateway.yaml", "cluster.json", "api.key", "server.key", "identity.key", "credentials.json")
    }
    assert "1 host, was running already" in local.run("up")
    assert local.processes() == processes
    assert local.files() == before

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


def test_hosts_are_added_to_a_running_cluster(local: Local, tmp_path: Path) -> None:
    local.run("up")
    before = local.processes()
    command = "NODES=3 make up"
    assert f"`{command}` starts three" in (ROOT / "README.md").read_text()
    assert "DeBros Network is up: 3 hosts" in local.shell(command)
    after = local.processes()
    assert len(after) == 9
    assert {name: after[name] for name in before} == before
    nodes = httpx.get(f"http://127.0.0.1:{5003 + local.offset}/nodes?ver=2", timeout=10).json()["nodes"]
    assert [node["reachable"] for node in nodes] == [True] * 3
    assert "This cluster has 3 hosts" in local.run("up", "--nodes", "1", code=FAILS)
    clean = tmp_path / "clean"  # a clone without an environment
    clean.mkdir()
    for name in ("Makefile", "scripts", "src"):
        (clean / name).symlink_to(ROOT / name)
    assert local.shell("make down", clean) == "Stopped.\n"
    assert not any(is_running(process) for process in after.values())
    assert "3 hosts, started in" in local.run("up")


def test_a_start_that_fails_says_why_and_leaves_nothing_running(local: Local) -> None:
    (local.home / "host1" / "p2p.sock").mkdir(parents=True)  # the node cannot make its socket there
    said = local.run("up", code=FAILS)
    assert "error: host1/node exits with code 1 before it is ready, again and again" in said
    assert f"The end of its log, {local.home}/logs/host1-node.log:" in said
    assert "p2p.sock" in said.partition("The end of its log")[2]
    assert "Nothing is left running" in said
    assert "Nothing is running" in local.run("status")
    (local.home / "host1" / "p2p.sock").rmdir()
    local.run("up")


def test_an_rqlited_that_is_nowhere_to_be_found_may_be_named(local: Local, tmp_path: Path) -> None:
    program = binary.find(allow_third_party=True).path
    (tmp_path / "empty").mkdir()
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    local.env |= {"PATH": str(tmp_path / "empty"), "XDG_CACHE_HOME": str(tmp_path / "cache"), **nowhere}
    assert "DEBROS_RQLITED=/path/to/rqlited make up" in local.run("up", code=FAILS)
    local.env["DEBROS_RQLITED"] = str(program)
    local.run("up")
    assert psutil.Process(local.processes()["host1/rqlited"].pid).exe() == str(program)


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
                return httpx.get(f"http://127.0.0.1:{6001 + local.offset}/health", timeout=5).is_success
            return False

        until("a healthy gateway", healthy)
        taken = local.run("up", code=FAILS)
        assert "These ports cannot be used" in taken
        for process in started.values():
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=60)
            assert process.returncode == 0
            assert b"host1/" in output
