"""The tar of a release: same content, same bytes, written whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from typing import TYPE_CHECKING

from debros.release.errors import ReleaseError

if TYPE_CHECKING:
    from pathlib import Path

    from debros.release.manifest import Entry, Manifest

_LEVEL = 6  # what gzip itself takes by default; wheels are compressed already, rqlited shrinks to a third


def write(manifest: Manifest, target: Path) -> str:
    """Write the archive and return its SHA-256, hex. release.json comes first.

    Raises:
        ReleaseError: A file has changed since it was listed, or the disk is full.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            # No name and no time in the gzip header: they would differ from build to build.
            with (
                gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
            ):
                text = manifest.text().encode()
                info = _info("release.json", 0o644)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text))
                for entry in manifest.entries:
                    _add(tar, entry)
            file.flush()
            os.fsync(file.fileno())
        digest = sha256(draft)
        draft.replace(target)
    except OSError as err:
        raise ReleaseError(f"{target} cannot be written: {err.strerror or err}") from None
    finally:
        draft.unlink(missing_ok=True)
    return digest


def sha256(path: Path) -> str:
    """Return the checksum of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add(tar: tarfile.TarFile, entry: Entry) -> None:
    info = _info(entry.path, entry.mode)
    if entry.link:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link
        tar.addfile(info)
        return
    data = entry.source.read_bytes()
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise ReleaseError(f"{entry.source} has changed meanwhile or is damaged; run this again")
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def _info(path: str, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.mode, info.uname, info.gname = mode, "root", "root"
    return info
