"""Which supervisor is running here, if any, and what an earlier one may have left behind.

The truth is a lock (flock(2)) the supervisor holds while it lives; its pid and start time stand in that file.
"""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from debros.local.errors import LocalError
from debros.local.layout import Layout
from debros.supervise import ProcessIdentity, identify, is_running, read_status
from debros.supervise.proc import command_line

STOP_TIMEOUT = 5.0  # seconds between SIGTERM and SIGKILL for what a dead supervisor left


@contextlib.contextmanager
def exclusive(layout: Layout) -> Iterator[None]:
    """Let only one `up` or `down` work on the cluster at a time; the second one waits."""
    layout.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(layout.command_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def hold_supervisor_lock(layout: Layout, *, patience: float = 5.0) -> bool:
    """Take the supervisor's lock for the rest of this process' life.

    Args:
        layout: The cluster's directory.
        patience: Seconds to try: somebody who only looks whether a supervisor runs holds it for microseconds.

    Returns:
        False when another supervisor has it.
    """
    fd = os.open(layout.supervisor_lock, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience
    while not _try_lock(fd):
        if time.monotonic() > deadline:
            os.close(fd)
            return False
        time.sleep(0.05)
    me = identify(os.getpid())
    assert me is not None
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{me.pid} {me.start_time}\n".encode(), 0)
    return True  # the descriptor stays open, and with it the lock


def supervisor(layout: Layout) -> ProcessIdentity | None:
    """Return the running supervisor, None when there is none.

    Raises:
        LocalError: The lock is held by something that does not say who it is.
    """
    deadline = time.monotonic() + 2.0
    while True:
        try:
            fd = os.open(layout.supervisor_lock, os.O_RDWR)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise LocalError(f"{layout.supervisor_lock}: {error.strerror}; fix its owner or mode") from error
        try:
            if _try_lock(fd):
                return None
            identity = _parse(os.pread(fd, 64, 0))
        finally:
            os.close(fd)
        if identity is not None and is_running(identity):
            return identity
        if time.monotonic() > deadline:  # it writes its pid at once after locking
            raise LocalError(f"{layout.supervisor_lock}: locked, but its holder does not say who it is")
        time.sleep(0.05)


def status(layout: Layout) -> dict[str, Any]:
    """Return the status file's content; `{"processes": []}` when there is none."""
    return read_status(layout.status_file) or {"processes": []}


def end_leftovers(layout: Layout) -> list[str]:
    """End processes that a supervisor which died recorded as its own; call it only when none is running.

    Normally the kernel has ended them already. A process counts only if pid and start time are those recorded and
    its command line names this cluster's directory.

    Returns:
        The names of the processes that were ended.
    """
    found = {p["name"]: identity for p in status(layout)["processes"] if (identity := _leftover(layout.home, p))}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for identity in found.values():
            if is_running(identity):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(identity.pid, number)
        deadline = time.monotonic() + STOP_TIMEOUT
        while any(map(is_running, found.values())) and time.monotonic() < deadline:
            time.sleep(0.05)
    layout.status_file.unlink(missing_ok=True)
    return list(found)


def _leftover(home: Path, process: dict[str, Any]) -> ProcessIdentity | None:
    if not process.get("pid") or not process.get("start_time"):
        return None
    identity = ProcessIdentity(process["pid"], process["start_time"])
    ours = is_running(identity) and any(str(home) in part for part in command_line(identity.pid))
    return identity if ours else None


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _parse(text: bytes) -> ProcessIdentity | None:
    try:
        pid, start_time = map(int, text.split())
    except ValueError:
        return None
    return ProcessIdentity(pid, start_time)
