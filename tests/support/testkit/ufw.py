"""A stand-in for UFW: programs `ufw`, `iptables` and `ip6tables` over files in UFW's own format, and a log of calls.

It does what /usr/sbin/ufw 0.36 was seen to do with the commands our module uses: rules are told apart by everything but
action and comment, "any" stands for both address families, and while it is off only the files change.
"""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

_PROGRAM = Path(__file__).with_name("ufw_program.py")


class StandIn:
    """UFW as Debian installs it, switched off.

    Args:
        root: an empty directory.

    Attributes:
        etc: its configuration.
        bin: the programs.
    """

    def __init__(self, root: Path) -> None:
        self._root, self.etc, self.bin = root, root / "etc", root / "bin"
        (self.etc / "ufw").mkdir(parents=True)
        (self.etc / "default").mkdir()
        self.bin.mkdir()
        (self.etc / "default/ufw").write_text('IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\n')
        (self.etc / "ufw/ufw.conf").write_text("ENABLED=no\nLOGLEVEL=low\n")
        for name in ("user.rules", "user6.rules"):
            (self.etc / "ufw" / name).write_text("*filter\n### RULES ###\n\n")
        for name in ("ufw", "iptables", "ip6tables"):
            program = self.bin / name
            program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {_PROGRAM} {root} {name} "$@"\n')
            program.chmod(program.stat().st_mode | stat.S_IXUSR)

    @property
    def program(self) -> str:
        """The stand-in of ufw."""
        return str(self.bin / "ufw")

    def path(self) -> str:
        """Return a PATH on which the stand-ins come first."""
        return f"{self.bin}{os.pathsep}{os.environ['PATH']}"

    def calls(self) -> list[str]:
        """Return what ufw was called with since the last time this was asked."""
        log = self._root / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    def operator(self, line: str, family: int = 4) -> None:
        """Add a rule in UFW's own form, as if the operator had made it."""
        with (self.etc / "ufw" / ("user.rules" if family == 4 else "user6.rules")).open("a") as file:
            file.write(f"### tuple ### {line}\n")

    def set(self, file: str, old: str, new: str) -> None:
        """Replace text in one of its files."""
        path = self.etc / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def switch_on(self) -> None:
        """Switch it on, as if the operator had done it."""
        subprocess.run([self.program, "enable"], check=True)
        self.calls()

    def fail_at(self, pattern: str) -> None:
        """Make the next matching call fail, and all like it; "" = none any more."""
        if pattern:
            (self._root / "fail").write_text(pattern)
        else:
            (self._root / "fail").unlink()

    def lose(self, chain: str, port: int) -> None:
        """Make the kernel forget the rules for a port, as after a run that was killed."""
        kernel = self._root / "kernel.json"
        chains = json.loads(kernel.read_text())
        chains[chain] = "\n".join(line for line in chains[chain].splitlines() if f"--dport {port} " not in line)
        kernel.write_text(json.dumps(chains))

    def unload(self) -> None:
        """Make the kernel forget everything, as after a boot at which UFW did not start."""
        (self._root / "kernel.json").unlink()
