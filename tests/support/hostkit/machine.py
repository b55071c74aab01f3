"""One host, reached as its operator reaches it: by SSH."""

import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hostkit.bed import bed, bed_dir
from hostkit.patience import eventually


@dataclass(frozen=True)
class Machine:
    """A host of the bed. Commands are shell text; `root` runs them with sudo."""

    name: str

    @cached_property
    def address(self) -> str:
        return bed("ip", self.name).strip()

    def attempt(self, command: str, *, stdin: str = "", timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run `command` as the ordinary user; whether it succeeded is for the caller to say."""
        ssh = ["ssh", "-F", bed_dir() / "ssh_config", self.address, command]
        return subprocess.run(ssh, check=False, capture_output=True, text=True, input=stdin, timeout=timeout)

    def run(self, command: str, **options: Any) -> str:
        """Run `command`, which has to succeed, and return what it printed."""
        done = self.attempt(command, **options)
        assert done.returncode == 0, f"{self.name}: {command}: exit {done.returncode}: {done.stderr or done.stdout}"
        return done.stdout

    def root(self, command: str, **options: Any) -> str:
        """Run `command` as root."""
        return self.run(f"sudo sh -c {quoted(command)}", **options)

    def python(
        self, script: str, *arguments: object, root: bool = False, data: Any = None, timeout: float = 300
    ) -> Any:
        """Run a Python script on the host; `data` arrives as JSON on its standard input, its output is JSON.

        The script is an argument, seen by everybody there; `data` is not.
        """
        command = " ".join(["python3 -c", quoted(script), *(quoted(str(argument)) for argument in arguments)])
        printed = self.run(f"sudo {command}" if root else command, stdin=json.dumps(data), timeout=timeout)
        return json.loads(printed)

    def unit(self, unit: str, *properties: str) -> dict[str, str]:
        """Return properties of a unit as systemd knows them."""
        shown = self.run(f"systemctl show {unit} --property={','.join(properties)}")
        return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)

    def boot_id(self) -> str:
        return self.run("cat /proc/sys/kernel/random/boot_id && systemctl show --property=UserspaceTimestampMonotonic")

    def settled(self, seconds: float = 120) -> None:
        """Wait until nothing is being started or stopped any more."""
        eventually(
            lambda: self.attempt("systemctl is-system-running").stdout.strip() in {"running", "degraded"},
            f"{self.name}: still starting",
            seconds,
        )


def quoted(text: str) -> str:
    """Return `text` as one word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"
