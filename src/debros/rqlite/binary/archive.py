"""Taking one program out of a tarball and nothing else."""

from __future__ import annotations

import shutil
import tarfile
from typing import TYPE_CHECKING

from debros.rqlite.binary.inspect import SourceError

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES = 512 * 1024 * 1024


def extract(tarball: Path, member: str, target: Path) -> Path:
    """Write one regular file of a .tar.gz to `target` and return it.

    Raises:
        SourceError: The archive is damaged, or has no such file.
    """
    try:
        with tarfile.open(tarball, "r:gz") as archive:
            info = archive.getmember(member)
            source = archive.extractfile(info) if info.isfile() and info.size <= _MAX_BYTES else None
            if source is None:
                raise SourceError(f"{member} in {tarball.name} is not a program")
            with source, target.open("wb") as file:
                shutil.copyfileobj(source, file)
    except KeyError:
        raise SourceError(f"{tarball.name} has no {member}") from None
    except (tarfile.TarError, OSError, EOFError) as err:
        raise SourceError(f"{tarball.name} cannot be unpacked: {err}") from None
    return target
