"""Taking a backup: from the leader into a file of another name, checked there, and only then a backup."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import hashlib
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros import files
from debros.hosts.snapshots import digest, store
from debros.hosts.snapshots.manifest import Manifest
from debros.hosts.snapshots.watch import Watch
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from debros.hosts.database import Database

# What must be left on the disk beside the backup: a full disk would stop the database itself.
_MARGIN_BYTES = 64 * 1024 * 1024

_MAGIC = b"SQLite format 3\0"
_MODE, _WAL, _LEGACY = slice(18, 20), b"\2\2", b"\1\1"


@dataclass(frozen=True, slots=True)
class Copy:
    """The database as a file without a name of its own yet.

    Attributes:
        path: the file; it is removed when the context ends.
        sha256: of the file, hex.
        bytes: of the file.
        content: what is in it; it has been checked.
    """

    path: Path
    sha256: str
    bytes: int
    content: digest.Content


def take(database: Database, directory: Path, *, local: bool = False, watch: Watch | None = None) -> store.Backup:
    """Take a backup, with the directory locked by the caller.

    Args:
        database: this host's.
        directory: where it goes.
        local: this host's own copy, which needs no leader and may be behind.
        watch: told how it goes.

    Raises:
        CliError: it cannot be written, or is not sound; nothing is left behind, and older ones are untouched.
        NoLeader, Unavailable, AccessDenied: the database cannot be had.
    """
    host, version = str(database.status()["store"]["node_id"]), database.version()
    with copy(database, directory, local=local, watch=watch) as taken:
        created = _free_moment(directory)
        manifest = Manifest(taken.sha256, taken.bytes, taken.content, str(version or ""), host, created)
        path = directory / store.name(created)
        try:
            files.create(store.manifest_path(path), manifest.dump())
            store.adopt(store.manifest_path(path), directory)
            taken.path.rename(path)
            files.sync_directory(directory)
        except BaseException as error:  # Ctrl-C too leaves nothing: what has its name is whole, and has a manifest
            for left in (path, store.manifest_path(path)):
                with contextlib.suppress(OSError):
                    left.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise _unwritable(directory, error) from None
            raise
    return store.Backup(path, taken.bytes, manifest, "")


@contextlib.contextmanager
def copy(database: Database, directory: Path, *, local: bool = False, watch: Watch | None = None) -> Iterator[Copy]:
    """Yield the database as it is now, in a file that was checked and that is gone afterwards.

    Args:
        database: this host's.
        directory: where the file lies meanwhile.
        local: this host's own copy, which needs no leader and may be behind.
        watch: told how it goes.

    Raises:
        CliError: it cannot be written, or is not sound.
        NoLeader, Unavailable, AccessDenied: the database cannot be had.
    """
    watch = watch or Watch()
    expected = _check_space(database, directory)
    path = directory / f"{store.PARTIAL}{secrets.token_hex(8)}"
    try:
        try:
            watch.begins(expected)
            sha256, size = _download(database, path, watch, local=local)
            watch.came(size)
            store.adopt(path, directory)
            content = digest.read(path)
        except OSError as error:
            raise _unwritable(directory, error) from None
        except digest.SnapshotError as error:
            raise CliError(
                f"what rqlite gave for a backup is not a sound database: {error}",
                code="backup_unsound",
                hint="try again; if it stays so, look at the disk of the leader ('debros-host leader')",
            ) from None
        yield Copy(path, sha256, size, content)
    finally:
        path.unlink(missing_ok=True)


def _download(database: Database, path: Path, watch: Watch, *, local: bool) -> tuple[str, int]:
    checksum, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        for piece in _without_wal(database.backup(local=local)):
            file.write(piece)
            checksum.update(piece)
            size += len(piece)
            watch.grows(size)
        file.flush()
        os.fsync(file.fileno())
    return checksum.hexdigest(), size


def _without_wal(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Mark a whole database file as one without a write-ahead log, which it needs no more.

    rqlite hands out files in WAL mode. Whoever opens such a file needs to write beside it, and not every version of
    rqlite loads one. The mode is two bytes of the header (sqlite.org/fileformat.html, 1.3.3).
    """
    for number, piece in enumerate(pieces):
        is_head = number == 0 and piece.startswith(_MAGIC) and piece[_MODE] == _WAL
        yield piece[: _MODE.start] + _LEGACY + piece[_MODE.stop :] if is_head else piece


def _check_space(database: Database, directory: Path) -> int:
    """Refuse before the first byte when the disk cannot hold the backup; return about how many it will be."""
    sqlite = database.status().get("store", {}).get("sqlite3", {})
    try:
        free = shutil.disk_usage(directory).free
    except OSError as error:
        raise store.unusable(directory, error) from None
    expected = int(sqlite.get("db_size", 0))
    needed = expected + int(sqlite.get("wal_size", 0)) + _MARGIN_BYTES
    if free < needed:
        raise _full(f"{directory}: {free // 2**20} MB free, and a backup needs {needed // 2**20} MB")
    return expected


def _unwritable(directory: Path, error: OSError) -> CliError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _full(f"{directory}: the disk is full")
    return store.unusable(directory, error)


def _full(message: str) -> CliError:
    hint = "make room, or give --directory on another disk, or keep fewer with --keep; the older backups are untouched"
    return CliError(message, code="disk_full", hint=hint)


def _free_moment(directory: Path) -> dt.datetime:
    """Return the present second, or the next one whose name is not taken."""
    while True:
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        path = directory / store.name(now)
        if not path.exists() and not store.manifest_path(path).exists():
            return now
        time.sleep(0.2)
