"""A local cluster of the bench's own: a temporary home, ports apart from those of `make up`, stopped at the end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT_OFFSET = 410
_MORE_GATEWAYS = 5  # added to the first one's port: between two offsets of testkit.ports
_PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Cluster:
    """Where the bench's cluster lives."""

    home: Path
    key: str
    hosts: int
    offset: int = PORT_OFFSET

    def rqlite_port(self, host: int = 1) -> int:
        """Return the rqlite HTTP port of host `host` (1-based)."""
        return 5000 + host + self.offset

    def gateway_port(self, host: int = 1) -> int:
        """Return the gateway port of host `host` (1-based)."""
        return 6000 + host + self.offset


@contextlib.contextmanager
def running(hosts: int, offset: int = PORT_OFFSET) -> Iterator[Cluster]:
    """Start `hosts` hosts with ports moved by `offset`, yield the cluster, stop it."""
    with tempfile.TemporaryDirectory(prefix="debros-bench-") as folder:
        home = Path(folder)
        env = os.environ | {
            "DEBROS_HOME": str(home),
            "DEBROS_PORT_OFFSET": str(offset),
            "DEBROS_CREDENTIALS_FILE": str(home / "credentials.json"),
        }
        local = [sys.executable, "-m", "debros.local"]
        subprocess.run([*local, "up", "--nodes", str(hosts)], env=env, check=True, stdout=subprocess.DEVNULL)
        try:
            yield Cluster(home, (home / "api.key").read_text().strip(), hosts, offset)
        finally:
            subprocess.run([*local, "down"], env=env, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def gateway(bench: Cluster, place: int = 0, project: Path | None = None, **settings: Any) -> Iterator[int]:
    """Start one more gateway beside host 1's, on the same rqlited; yield its port, stop it.

    Args:
        bench: The cluster.
        place: Which of several at once, 0 to 3.
        project: Another checkout whose gateway it is; this one's by default.
        settings: Settings that are others than host 1's.
    """
    port = bench.gateway_port() + _MORE_GATEWAYS + place
    name = f"gateway-{place}"
    document = yaml.safe_load((bench.home / "host1" / "configs" / "gateway.yaml").read_text())
    document |= {"listen_addr": f"127.0.0.1:{port}", "data_dir": str(bench.home / name), **settings}
    path = bench.home / f"{name}.yaml"
    path.touch(0o600)
    path.write_text(yaml.safe_dump(document))
    line = [sys.executable, "-m", "debros.gateway.main", "--config", str(path)]
    env = os.environ | ({"PYTHONPATH": str(project / "src")} if project else {})
    with (bench.home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(line, stdout=log, stderr=log, env=env)
    try:
        _wait(port, process, bench.home / f"{name}.log")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):  # also of a parent whose workers do not serve yet
            if urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).status == 200:
                return
        time.sleep(0.1)
    raise SystemExit(f"a gateway did not start:\n{log.read_text()[-2000:]}")
