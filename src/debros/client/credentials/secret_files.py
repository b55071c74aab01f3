"""Secrets from files that nobody else may read."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST = 4096  # bytes; every secret of ours is shorter


class OpenFileError(Exception):
    """The file is readable by others, or too long; the text says what to do."""


def read(path: Path) -> str:
    """Return the text of a file, without white space around it.

    Raises:
        OSError: It cannot be read.
        OpenFileError: Other users may read it, or it is no such file.
    """
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        # A pipe has no mode that means anything.
        if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            mode = stat.S_IMODE(status.st_mode)
            raise OpenFileError(f"{path}: readable by other users (mode {mode:04o}); chmod 600 {path}")
        content = file.read(_LONGEST + 1)
    try:
        text = content.decode("ascii").strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > _LONGEST:
        raise OpenFileError(f"{path}: does not hold one secret of visible characters")
    return text
