"""The directory of backups: names, a lock, what is in it, and how many are kept.

A backup is `debros-<UTC time>.sqlite` and the manifest `.json` beside it. The manifest is written first and the
database gets its name last, in one step: a file with this name is whole, and has been checked.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.hosts.snapshots.digest import SnapshotError
from debros.hosts.snapshots.manifest import LARGEST, Manifest, parse
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".sqlite"
PARTIAL = ".partial-"
_NAME = re.compile(rf"debros-\d{{8}}T\d{{6}}Z\{SUFFIX}")
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup in the directory.

    Attributes:
        path: the database file.
        bytes: its size.
        manifest: None when it has none that can be read.
        problem: why it cannot be relied upon, as far as names and sizes tell; "" when nothing speaks against it.
    """

    path: Path
    bytes: int
    manifest: Manifest | None
    problem: str

    @property
    def good(self) -> bool:
        """Whether nothing speaks against it; `verify` reads it all."""
        return not self.problem

    def age(self, now: dt.datetime) -> float:
        """Return its age in seconds, 0 for one without a manifest."""
        return (now - self.manifest.created).total_seconds() if self.manifest else 0.0


def name(created: dt.datetime) -> str:
    """Return the file name of a backup."""
    return f"debros-{created:%Y%m%dT%H%M%SZ}{SUFFIX}"


def manifest_path(database: Path) -> Path:
    """Return where the manifest of a backup lies."""
    return database.with_suffix(".json")


def load_manifest(database: Path) -> Manifest:
    """Read the manifest of a backup.

    Raises:
        SnapshotError: there is none, or it cannot be read.
    """
    path = manifest_path(database)
    try:
        with path.open("rb") as file:
            return parse(file.read(LARGEST))
    except FileNotFoundError:
        raise SnapshotError(f"it has no manifest ({path.name})") from None
    except OSError as error:
        raise SnapshotError(f"its manifest {path.name}: {error.strerror}") from None


def backups(directory: Path) -> list[Backup]:
    """Return the backups in a directory, newest first; [] when there is no such directory.

    Raises:
        CliError: it cannot be read.
    """
    try:
        names = [entry for entry in directory.iterdir() if _NAME.fullmatch(entry.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unusable(directory, error) from None
    found = [_backup(path) for path in names]
    return sorted(found, key=lambda backup: backup.path.name.rpartition("-")[2], reverse=True)


def newest(directory: Path) -> Backup | None:
    """Return the newest backup against which nothing speaks."""
    return next((one for one in backups(directory) if one.good), None)


def prune(directory: Path, keep: int) -> list[Path]:
    """Delete the oldest backups beyond the newest `keep` good ones; others are not touched.

    Returns:
        What was deleted.

    Raises:
        CliError: one cannot be deleted.
    """
    good = [one for one in backups(directory) if one.good]
    deleted = []
    for backup in good[max(keep, 1) :]:
        try:
            backup.path.unlink()
            manifest_path(backup.path).unlink(missing_ok=True)
        except OSError as error:
            raise unusable(backup.path, error) from None
        deleted.append(backup.path)
    return deleted


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Be the only one who works in the directory; what a killed run has left there is removed.

    Raises:
        CliError: somebody else is at it, or the directory cannot be used.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unusable(directory, error) from None
    try:
        if os.geteuid() == 0:  # else the timer, which runs as the directory's owner, could not open it
            owner = directory.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = f"another backup or restore is at work in {directory}"
            raise CliError(
                text, code="busy", exit_code=ExitCode.UNAVAILABLE, hint="try again when it is done"
            ) from None
        _tidy(directory)
        yield
    finally:
        os.close(descriptor)


def adopt(path: Path, directory: Path) -> None:
    """Give a new file to the owner of the directory, when we are root."""
    if os.geteuid() == 0:
        owner = directory.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def unusable(path: Path, error: OSError) -> CliError:
    """Return the error for a file or directory of backups that cannot be used."""
    hint = "run this as root" if isinstance(error, PermissionError) else None
    return CliError(f"{path}: {error.strerror or error}", code="backup_directory", hint=hint)


def _backup(path: Path) -> Backup:
    manifest, problem, size = None, "", 0
    try:
        size = path.stat().st_size
        manifest = load_manifest(path)
        if manifest.bytes != size:
            problem = f"it has {size} bytes, and its manifest says {manifest.bytes}"
    except SnapshotError as error:
        problem = str(error)
    except OSError as error:
        problem = error.strerror or str(error)
    return Backup(path, size, manifest, problem)


def _tidy(directory: Path) -> None:
    for entry in directory.iterdir():
        orphan = entry.suffix == ".json" and _NAME.fullmatch(entry.with_suffix(SUFFIX).name)
        if entry.name.startswith(PARTIAL) or (orphan and not entry.with_suffix(SUFFIX).exists()):
            with contextlib.suppress(OSError):
                entry.unlink()
