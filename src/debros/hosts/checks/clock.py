"""Whether the clock is kept right: tokens and certificates are only as good as it is."""

from __future__ import annotations

import shutil
import subprocess

from debros.hosts.checks.result import Metric, Result, State


def synchronised() -> Result:
    """Ask timedatectl, which asks the kernel (adjtimex); where it cannot tell, as in containers, nothing is wrong."""
    program = shutil.which("timedatectl")
    if program is None:
        return Result("clock", State.UNKNOWN, "timedatectl is not installed")
    try:
        answer = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [program, "show", "--property=NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=5,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Result("clock", State.UNKNOWN, "timedatectl does not answer")
    match answer.stdout.strip():
        case "yes":
            return Result("clock", State.OK, "synchronised", (Metric("clock_synchronised", 1.0),))
        case "no":
            text = "not synchronised; see: timedatectl status, systemctl status systemd-timesyncd"
            return Result("clock", State.WARN, text, (Metric("clock_synchronised", 0.0),))
    return Result("clock", State.UNKNOWN, "timedatectl cannot tell")
