"""The installer on a bare host, started as its user starts it."""

import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hostkit.bed import bed
from hostkit.cluster import SERVICES
from hostkit.gateway import Gateway
from hostkit.machine import Machine, quoted
from hostkit.release import Release

TRIAL = "--third-party-rqlite"
UNITS = (*(f"{name}.service" for name in SERVICES), "debros-gateway.socket")
LOG = "/var/log/debros-install.log"
PLACE = "/home/admin/carried"  # where a user would put what they carry to the host


@dataclass(frozen=True)
class BareHost:
    """A host that has never seen the project, and the bundle to make it one of ours."""

    machine: Machine
    bundle: Release

    @property
    def script(self) -> Path:
        return self.bundle.archive.with_name("install-debros-network.sh")

    @property
    def carried(self) -> str:
        """The bundle's path on the host, once `carry` was called."""
        return f"{PLACE}/{self.bundle.archive.name}"

    @property
    def offline(self) -> tuple[str, ...]:
        return ("--offline", self.carried, TRIAL)

    def carry(self) -> None:
        """Bring bundle and script to the host."""
        for file in (self.bundle.archive, self.script):
            bed("push", self.machine.name, file, PLACE)

    def piped(self, *flags: str) -> subprocess.CompletedProcess[str]:
        """Run the script through a pipe, as `curl … | sudo bash -s -- …` does."""
        words = " ".join(map(quoted, flags))
        return self.machine.attempt(f"sudo bash -s -- {words}", stdin=self.script.read_text(), timeout=600)

    def install(self, *flags: str) -> str:
        """Install without a network, which has to succeed, and return what was said."""
        done = self.piped(*(flags or self.offline))
        assert done.returncode == 0, f"exit {done.returncode}:\n{done.stdout}{done.stderr}"
        assert done.stderr == ""
        return done.stdout

    def start(self, output: str) -> int:
        """Start an installation without a terminal, in a process group of its own, and return the group's number."""
        run = f"setsid bash {PLACE}/{self.script.name} {' '.join(self.offline)} > {output} 2>&1 < /dev/null & echo $!"
        return int(self.machine.root(run))

    @cached_property
    def gateway(self) -> Gateway:
        line = self.machine.root("head -n 1 /etc/debros/secrets/api-keys").strip()
        return Gateway(self.machine.address, line.rpartition(":")[0])

    def runs(self) -> dict[str, str]:
        """Return which run of each service this is: process and invocation; another one means it was restarted."""
        return {
            unit: " ".join(sorted(self.machine.unit(unit, "MainPID", "InvocationID", "ActiveState").values()))
            for unit in UNITS
        }


def bare_host(name: str, bundle: Release) -> BareHost:
    """Boot a new host."""
    bed("up", name)
    return BareHost(Machine(name), bundle)
