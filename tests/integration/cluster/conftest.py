"""A three-host local cluster, started once for the folder, with ways to look at it and to hurt it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from testkit.ports import free_offset

HOSTS = 3


@dataclass
class Cluster:
    """The running cluster; hosts are numbered from 1."""

    home: Path
    env: dict[str, str]
    port_offset: int
    key: str = ""
    clients: dict[int, httpx.Client] = field(default_factory=dict)

    def local(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "debros.local", *words],
            env=self.env, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def gateway_port(self, host: int) -> int:
        return 6000 + host + self.port_offset

    def gateway(self, host: int) -> httpx.Client:
        if host not in self.clients:
            self.clients[host] = httpx.Client(
                base_url=f"http://127.0.0.1:{self.gateway_port(host)}", headers={"X-API-Key": self.key}, timeout=30
            )
        return self.clients[host]

    def pid(self, name: str) -> int:
        """Return the pid of the process called `name`; 0 while it is not running. Works while others are unhealthy."""
        done = subprocess.run(
            [sys.executable, "-m", "debros.local", "status", "--format", "json"],
            env=self.env, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return next((int(p["pid"] or 0) for p in json.loads(done.stdout)["processes"] if p["name"] == name), 0)

    def back(self, name: str, old: int) -> bool:
        """Tell whether `name` runs again under another pid."""
        return self.pid(name) not in (0, old)

    def kill(self, name: str) -> int:
        """Kill -9 the process called `name`, e.g. "host1/node", and return the pid it had."""
        pid = self.pid(name)
        assert pid, f"{name} is not running"
        os.kill(pid, signal.SIGKILL)
        return pid

    def healthy(self, host: int) -> bool:
        try:
            return self.gateway(host).get("/health").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def wait(self, what: str, true: Callable[[], Any], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"waited {seconds:.0f} s for: {what}"
            time.sleep(0.1)

    def wait_healthy(self) -> None:
        for host in range(1, HOSTS + 1):
            self.wait(f"host {host} healthy", lambda host=host: self.healthy(host))

    def leader(self) -> int:
        """Return the number of the host whose rqlited leads."""
        for host in range(1, HOSTS + 1):
            status = self.gateway(host).get("/v1/network/status").json()
            if status.get("raft_role") == "leader":
                return host
        pytest.fail("no host says that it leads")


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    home = tmp_path_factory.mktemp("c3")
    offset = free_offset()
    env = os.environ | {
        "DEBROS_HOME": str(home),
        "DEBROS_PORT_OFFSET": str(offset),
        "DEBROS_CREDENTIALS_FILE": str(home / "credentials.json"),
    }
    cluster = Cluster(home, env, offset)
    try:
        cluster.local("up", "--nodes", str(HOSTS))
        cluster.key = (home / "api.key").read_text().strip()
        yield cluster
    finally:
        for client in cluster.clients.values():
            client.close()
        cluster.local("down")


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Cluster:
    """Return the shared cluster, healthy: a test may start only when what the one before it broke has come back."""
    shared_cluster.wait_healthy()
    return shared_cluster
