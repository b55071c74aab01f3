"""Whether a backup still is what it was when it was taken: its bytes, and what SQLite finds in them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from debros.hosts.snapshots import digest, store

if TYPE_CHECKING:
    from pathlib import Path

    from debros.hosts.snapshots.manifest import Manifest


def verify(path: Path) -> Manifest:
    """Read a backup whole and compare it with its manifest.

    Raises:
        SnapshotError: it is not what its manifest says, or not a sound database, or has no manifest.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        manifest = store.load_manifest(path)
        size = file.seek(0, 2)
        if size != manifest.bytes:
            raise digest.SnapshotError(f"it has {size} bytes, and its manifest says {manifest.bytes}")
        file.seek(0)
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != manifest.sha256:
        raise digest.SnapshotError("its SHA-256 is not that of its manifest: the file was changed or damaged")
    different = digest.differences(manifest.content, digest.read(path))
    if different:
        raise digest.SnapshotError(f"its content is not that of its manifest: {'; '.join(different)}")
    return manifest
