"""Fetched programs, kept under the user's cache directory with a note of what each file must hash to.

Layout: `<cache>/<source>-<version>/rqlited` beside `rqlited.json`. Files appear by rename only, so an interrupted fetch
leaves nothing half written, and one lock keeps two fetches apart.
"""

from __future__ import annotations

import fcntl
import json
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from debros import files
from debros.rqlite.binary.inspect import Binary, SourceError, inspect, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from debros.rqlite.version import Version

_LOCK_PAUSE = 0.2  # seconds between two looks at a lock somebody else holds


def default_directory(environ: Mapping[str, str]) -> Path:
    """Return where fetched programs are kept: `$XDG_CACHE_HOME/debros/rqlite`, by default below `~/.cache`."""
    base = environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path is to be ignored.
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return root / "debros" / "rqlite"


@contextmanager
def lock(directory: Path, timeout: float) -> Iterator[None]:
    """Hold the cache against other processes; the lock vanishes with its holder.

    Raises:
        SourceError: The directory is not writable, or another fetch holds the lock for `timeout` seconds.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / ".lock").open("w")
    except OSError as err:
        raise SourceError(f"{directory} cannot be written: {err.strerror}") from None
    with file:
        end = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise SourceError(f"another fetch holds {directory / '.lock'}") from None
                time.sleep(_LOCK_PAUSE)
        yield


def store(directory: Path, fetched: Path, source: str, version: Version) -> Binary:
    """Move a fetched program into the cache, after it has proved to be rqlited of that version.

    Args:
        directory: The cache.
        fetched: The program, on the cache's file system.
        source: Which source it came from.
        version: What it must say it is.

    Raises:
        SourceError: It is something else, or cannot be stored.
    """
    fetched.chmod(0o755)
    binary = inspect(fetched, source)
    if binary.version != version:
        raise SourceError(f"expected rqlite {version}, got {binary.version}")
    home = directory / f"{source}-{version}"
    home.mkdir(parents=True, exist_ok=True)
    target, sidecar = home / "rqlited", home / "rqlited.json"
    record = {"source": source, "version": str(version), "sha256": binary.sha256, "note": binary.note}
    # The note goes first: a program without its note would be refused, a note without its program is no program.
    files.replace(sidecar, json.dumps(record, indent=2), mode=0o644)
    fetched.replace(target)
    return Binary(target, binary.version, binary.sha256, source, binary.note)


def load(directory: Path, source: str, version: Version) -> Binary | None:
    """Return a program from the cache, or None when it was never fetched.

    Raises:
        SourceError: It is not the file that was fetched, or does not run any more.
    """
    home = directory / f"{source}-{version}"
    target, sidecar = home / "rqlited", home / "rqlited.json"
    if not target.exists():
        return None
    try:
        expected = json.loads(sidecar.read_text())["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        raise SourceError(f"{sidecar} is missing or damaged, so {target} cannot be trusted") from None
    if sha256_of(target) != expected:
        raise SourceError(f"{target} is not the file that was fetched: its SHA-256 differs from {sidecar}")
    return inspect(target, source)
