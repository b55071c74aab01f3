#!/usr/bin/env python3
"""run.py SCENARIO...: run Molecule scenarios one after the other, and say at the end what took how long.

Whatever happens, no host is left behind. Stops at the first scenario that fails.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
BED = PROJECT / "tests" / "hosts" / "bed"
BIN = PROJECT / ".venv" / "bin"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# "[cluster > converge] Executing", on a terminal "cluster ➜ converge: Executing"; afterwards "… Executed: Successful"
# (and once more, without the level, in its summary)
ACTION = re.compile(r"^[A-Z]+\s+\[?(?P<scenario>\w+) (?:>|➜) (?P<action>\w+)(?:\]|:) (?P<what>Executing|Executed)\b")
SHOWN = ("create", "check", "converge", "idempotence", "verify", "destroy")


def environment() -> dict[str, str]:
    """Return the environment of Molecule: its tools on the PATH, and the bed's folder for the configuration."""
    folder = subprocess.run([BED, "dir"], check=True, capture_output=True, text=True).stdout.strip()
    return os.environ | {
        "ANSIBLE_FORCE_COLOR": "1" if sys.stdout.isatty() else "0",
        "BED_DIR": folder,
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }


class Times:
    """Seconds per scenario and action, read off Molecule's own announcements."""

    def __init__(self) -> None:
        self.seconds: dict[str, dict[str, float]] = {}
        self._since = 0.0

    def note(self, line: str) -> None:
        """Look at one line of Molecule's output."""
        found = ACTION.search(COLOURS.sub("", line))
        if found is None:
            return
        if found["what"] == "Executing":
            self._since = time.monotonic()
        else:  # the last one counts: destroy runs at the beginning, too
            self.seconds.setdefault(found["scenario"], {})[found["action"]] = time.monotonic() - self._since

    def table(self) -> str:
        """Return the times as a table."""
        lines = [f"{'seconds':<12}" + "".join(f"{action:>13}" for action in SHOWN)]
        for scenario, seconds in self.seconds.items():
            cells = (f"{seconds[action]:>13.1f}" if action in seconds else f"{'-':>13}" for action in SHOWN)
            lines.append(f"{scenario:<12}" + "".join(cells))
        return "\n".join(lines)


def run(scenario: str, times: Times) -> int:
    """Run one scenario and return Molecule's exit status."""
    # --no-command-borders: Ansible's lines as they are, neither framed nor broken.
    command = [BIN / "molecule", "test", "--no-command-borders", "--scenario-name", scenario]
    molecule = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    assert molecule.stdout
    try:
        for line in molecule.stdout:
            times.note(line)
            sys.stdout.write(line)
            sys.stdout.flush()
        return molecule.wait()
    finally:
        if molecule.poll() is None:
            os.killpg(molecule.pid, signal.SIGKILL)
            molecule.wait()


def main() -> int:
    """Run the scenarios named on the command line."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    times = Times()
    failed = ""
    try:
        for scenario in sys.argv[1:]:
            if run(scenario, times) != 0:
                failed = scenario
                break
    except KeyboardInterrupt:
        failed = "interrupted"
    finally:
        subprocess.run([BED, "down"], check=False)
        sys.stdout.write(f"\n{times.table()}\n")
    if failed:
        sys.stderr.write(f"failed: {failed}; docs/testing.md says how to look at the hosts of a failed scenario\n")
    return 1 if failed else 0


sys.exit(main())
