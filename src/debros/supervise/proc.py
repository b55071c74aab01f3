"""Tell processes apart for certain: a pid is reused, a pid together with its kernel start time is not."""

from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process, for as long as this machine is up.

    Attributes:
        pid: Its number.
        start_time: Field 22 of /proc/<pid>/stat, clock ticks since boot (proc(5)).
    """

    pid: int
    start_time: int


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a running process; None when there is none (a zombie counts as none)."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # Field 2 is the command's name in parentheses and may itself contain both; the rest is plain.
    fields = stat[stat.rindex(")") + 2 :].split()
    state, start_time = fields[0], int(fields[19])
    return None if state in "ZX" else ProcessIdentity(pid, start_time)


def is_running(identity: ProcessIdentity) -> bool:
    """Return whether exactly this process is still running."""
    return identify(identity.pid) == identity


def command_line(pid: int) -> list[str]:
    """Return the process' arguments; empty when it is gone or not ours to see."""
    try:
        raw = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="replace") for part in raw.rstrip(b"\0").split(b"\0")]
