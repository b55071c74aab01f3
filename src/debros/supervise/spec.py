"""What a supervised process is (`ProcessSpec`) and what is known about it at this moment (`ProcessStatus`)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

# An exit with code 1 before it was ready, or of a program that cannot be asked this soon after the start (seconds),
# looks like a refused configuration …
QUICK_EXIT = 5.0
# … and so many of them in a row are reported as a failure instead of a hiccup.
QUICK_EXITS_TO_FAIL = 5


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before starting a process again, in seconds.

    The first restart comes after `first`, each further one after `factor` times as long, never more than `limit`.
    A process that ran for `healthy_after` starts over at `first`.
    """

    first: float = 0.2
    factor: float = 2.0
    limit: float = 10.0
    healthy_after: float = 30.0

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after the given number of failures in a row (at least 1)."""
        # The exponent is bounded only so that a process failing for weeks cannot overflow a float.
        return min(self.limit, self.first * self.factor ** min(failures - 1, 64))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One process to keep running.

    Attributes:
        name: Unique among the processes of one supervisor.
        argv: The command; looked up in PATH, never through a shell.
        log_path: Where its standard output and error go, with rotation.
        after: Names of processes that must be ready (or have used up their `ready_timeout`) before this one starts.
            They are stopped only after this one has stopped.
        env: The whole environment; None inherits the supervisor's.
        cwd: Working directory; None inherits the supervisor's.
        ready: Asked until it answers True; None means ready as soon as it runs.
        ready_timeout: Seconds after the first start that dependents wait for `ready`.
        ready_interval: Seconds before the second question; each further pause is half as long again, up to a second.
        stop_timeout: Seconds between SIGTERM and SIGKILL.
        backoff: The pauses between restarts.
    """

    name: str
    argv: Sequence[str]
    log_path: Path
    after: tuple[str, ...] = ()
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_timeout: float = 60.0
    ready_interval: float = 0.1
    stop_timeout: float = 10.0
    backoff: Backoff = Backoff()


class State(StrEnum):
    """Where a process is in its life."""

    WAITING = "waiting"  # for the processes it comes after
    STARTING = "starting"  # runs, not ready yet
    READY = "ready"
    BACKOFF = "backoff"  # exited; will be started again shortly
    FAILED = "failed"  # exits with code 1 before it is ready, again and again; still retried, slowly
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LastExit:
    """How the previous run ended: an exit code, or minus the signal's number; `at` is Unix time in seconds."""

    code: int
    at: float


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """What the supervisor knows about one process.

    Attributes:
        name: The name in the spec.
        state: Where it is in its life.
        pid: The running process, None between runs.
        start_time: The kernel's start time of that pid (clock ticks since boot): with it a pid is never confused
            with a later process of the same number.
        started_at: Unix time in seconds of the latest start.
        restarts: Starts after the first one.
        last_exit: How the previous run ended.
        log: The log file.
    """

    name: str
    state: State
    pid: int | None
    start_time: int | None
    started_at: float | None
    restarts: int
    last_exit: LastExit | None
    log: str
