"""A local cluster of the bench's own: a temporary home, ports apart from those of `make up`, stopped at the end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT_OFFSET = 410


@dataclass(frozen=True)
class Cluster:
    """Where the bench's cluster lives."""

    home: Path
    key: str
    hosts: int

    def rqlite_port(self, host: int = 1) -> int:
        """Return the rqlite HTTP port of host `host` (1-based)."""
        return 5000 + host + PORT_OFFSET

    def gateway_port(self, host: int = 1) -> int:
        """Return the gateway port of host `host` (1-based)."""
        return 6000 + host + PORT_OFFSET


@contextlib.contextmanager
def running(hosts: int) -> Iterator[Cluster]:
    """Start `hosts` hosts, yield the cluster, stop it."""
    with tempfile.TemporaryDirectory(prefix="debros-bench-") as folder:
        home = Path(folder)
        env = os.environ | {
            "DEBROS_HOME": str(home),
            "DEBROS_PORT_OFFSET": str(PORT_OFFSET),
            "DEBROS_CREDENTIALS_FILE": str(home / "credentials.json"),
        }
        local = [sys.executable, "-m", "debros.local"]
        subprocess.run([*local, "up", "--nodes", str(hosts)], env=env, check=True, stdout=subprocess.DEVNULL)
        try:
            yield Cluster(home, (home / "api.key").read_text().strip(), hosts)
        finally:
            subprocess.run([*local, "down"], env=env, check=True, stdout=subprocess.DEVNULL)
