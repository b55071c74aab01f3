"""What a file that claims to be rqlited really is: its version and its checksum."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.rqlite import version as versions
from debros.rqlite.version import Version

if TYPE_CHECKING:
    from pathlib import Path

_VERSION_TIMEOUT = 20.0  # seconds; the program prints one line and exits


class SourceError(Exception):
    """A source has no usable rqlited; the text says why."""


@dataclass(frozen=True, slots=True)
class Binary:
    """An rqlited that was seen to run.

    Attributes:
        path: Absolute path of the program.
        version: Its version.
        sha256: Checksum of the file, hex.
        source: Where it came from: configured, path, release, npm or go.
        note: What a reader of the version should know, or "".
    """

    path: Path
    version: Version
    sha256: str
    source: str
    note: str = ""


def inspect(path: Path, source: str) -> Binary:
    """Run `rqlited -version` and hash the file.

    Raises:
        SourceError: It is no program, does not answer, is another program, or is older than what we support.
    """
    path = path.absolute()
    if not path.is_file():
        raise SourceError(f"{path} is not a file")
    if not os.access(path, os.X_OK):
        raise SourceError(f"{path} is not executable")
    try:
        answer = subprocess.run(  # noqa: S603 - running this program is the point
            [path, "-version"], capture_output=True, text=True, timeout=_VERSION_TIMEOUT, check=False
        )
    except OSError as err:
        raise SourceError(f"{path} cannot be run: {err.strerror}") from None
    except (subprocess.TimeoutExpired, UnicodeDecodeError):
        raise SourceError(f"{path} -version gives no usable answer") from None
    # 8.26 prints it on stderr.
    text = answer.stdout.strip() or answer.stderr.strip()
    version = Version.find(text) if text.startswith("rqlited ") else None
    if answer.returncode != 0 or version is None:
        raise SourceError(f"{path} is not rqlited: `-version` says {text[:100]!r}")
    if version < versions.OLDEST:
        raise SourceError(f"{path} is rqlite {version}; {versions.OLDEST} or newer is needed")
    return Binary(path, version, sha256_of(path), source, _note(text, version))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(text: str, version: Version) -> str:
    """Return what the version alone does not tell."""
    notes = []
    if versions.is_bare(text):
        notes.append(f"built without a version number; taken for {version}")
    if version < versions.SAFE_FOR_USER_SQL:
        notes.append(f"older than {versions.SAFE_FOR_USER_SQL}: for local clusters and tests only")
    return "; ".join(notes)
