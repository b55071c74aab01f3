"""Running another tool for a bounded time and saying in one line why it failed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

from debros.rqlite.binary.inspect import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    timeout: float,
    environ: Mapping[str, str] | None = None,
    check: bool = True,
) -> str:
    """Return what a tool printed on stdout.

    The tool gets its own process group, so that at a time-out its children (compilers, for instance) end with it.

    Raises:
        SourceError: It is not installed, took longer than `timeout` seconds, or failed (with `check` off: failed
            without printing anything).
    """
    program = shutil.which(command[0])
    if program is None:
        raise SourceError(f"{command[0]} is not installed")
    with (
        subprocess.Popen(  # noqa: S603 - fixed argument lists of this package, no shell
            [program, *command[1:]],
            cwd=cwd,
            env=dict(environ) if environ is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process
    ):
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except BaseException as err:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(err, subprocess.TimeoutExpired):
                raise SourceError(f"`{' '.join(command[:2])}` took longer than {timeout:g} s") from None
            raise
    if process.returncode != 0 and (check or not stdout):
        raise SourceError(f"`{' '.join(command[:2])}` failed: {_reason(stderr, stdout)}")
    return stdout


def _reason(stderr: str, stdout: str) -> str:
    """Return the lines of a tool's output that say most: those about an error, else the last ones."""
    lines = [line.strip() for line in (stderr.strip() or stdout.strip()).splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line.lower() for word in ("error", "forbidden", "not found"))]
    return "; ".join((telling or lines)[-3:])[:400] or "no output"
