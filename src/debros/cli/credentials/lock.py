"""One process at a time changes the file of credentials."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

from debros.cli.credentials.form import CredentialsError
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHERS = stat.S_IRWXG | stat.S_IRWXO
PATIENCE = 30.0  # seconds; whoever holds the lock asks a gateway at most once, and that is the usual time for an answer
_STEP = 0.05  # seconds between two looks


@contextlib.contextmanager
def locked(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the file's lock; a side file, because the file itself is replaced.

    Args:
        path: the file; its directory is made if need be.
        patience: seconds to wait for another process.

    Raises:
        CliError: another process holds it all that time.
        CredentialsError: no lock can be made there.
    """
    try:
        _make_directory(path.parent)
        number = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise CredentialsError(f"{exc.filename or path}: {exc.strerror}") from exc
    with os.fdopen(number) as lock:
        _take(path, lock.fileno(), patience)
        yield


def _take(path: Path, number: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise _busy(path, patience) from None
            time.sleep(_STEP)
        except OSError as exc:  # a file system without locks
            raise CredentialsError(f"{path}.lock: {exc.strerror}; set DEBROS_CREDENTIALS_FILE") from exc
        else:
            return


def _busy(path: Path, patience: float) -> CliError:
    return CliError(
        f"{path}: another process has held its lock for {patience:g}s",
        code="credentials_locked",
        exit_code=ExitCode.UNAVAILABLE,
        hint=f"wait for the other network-cli, or find it: fuser {path}.lock",
    )


def _make_directory(directory: Path) -> None:
    """Create the directory, 0700; close ~/.debros to others, and leave a directory of the user's choice as it is."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory == Path("~/.debros").expanduser() and stat.S_IMODE(directory.stat().st_mode) & OTHERS:
        directory.chmod(0o700)
