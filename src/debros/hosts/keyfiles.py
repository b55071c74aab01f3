"""Files in the directory of keys: whole or not at all, 0600, and owned by the user whose services read them."""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from typing import TYPE_CHECKING

from debros import files
from debros.hosts import places
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from pathlib import Path

_PRIVATE = 0o600


def create(path: Path, data: bytes) -> bool:
    """Write a new key file; of two that do so at once one wins.

    Returns:
        Whether it is new; False when there is one, which is untouched.

    Raises:
        CliError: it cannot be written.
    """
    if path.exists():
        return False
    try:
        files.create(path, data, mode=_PRIVATE)
    except FileExistsError:
        return False
    except OSError as error:
        raise unwritable(path, error) from None
    return True


def replace(path: Path, data: bytes) -> bool:
    """Write a file in the place of what is there.

    Returns:
        Whether that changed anything.

    Raises:
        CliError: it cannot be written; the old file is untouched.
    """
    if path.is_symlink():  # root must not write wherever somebody else lets a link point to
        raise CliError(
            f"{path} is a symbolic link", code="key_file", hint=f"look at what it points to, then: rm {path}"
        )
    with contextlib.suppress(OSError):
        if path.read_bytes() == data:
            return False
    try:
        files.replace(path, data, mode=_PRIVATE)
    except OSError as error:
        raise unwritable(path, error) from None
    return True


def secure(path: Path) -> bool:
    """Give a key file its mode and, when we are root, its owner; also one that a killed run left to root.

    Returns:
        Whether that changed anything.

    Raises:
        CliError: it cannot be changed.
    """
    owner = _owner()
    try:
        # Not by name: whoever may write to the directory could put a link in its place.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            was = os.fstat(descriptor)
            if stat.S_IMODE(was.st_mode) != _PRIVATE:
                os.fchmod(descriptor, _PRIVATE)
            if owner and owner != (was.st_uid, was.st_gid):
                os.fchown(descriptor, *owner)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unwritable(path, error) from None
    return stat.S_IMODE(was.st_mode) != _PRIVATE or bool(owner and owner != (was.st_uid, was.st_gid))


def read(path: Path, what: str, hint: str) -> bytes:
    """Return a file's content.

    Raises:
        CliError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise CliError(f"{what} {path}: {error.strerror}", code="key_file", hint=hint) from None


def unwritable(path: Path, error: OSError) -> CliError:
    """Return the error for a file that cannot be written."""
    hint = "run this as root" if isinstance(error, PermissionError) else "the directory is made by the role debros"
    return CliError(f"{path}: {error.strerror}", code="key_file", hint=hint)


def _owner() -> tuple[int, int] | None:
    """Return the owner that root gives to what the services need; None without root, or without such a user."""
    if os.geteuid() != 0:
        return None
    try:
        user = pwd.getpwnam(places.OWNER)
    except KeyError:
        return None
    return user.pw_uid, user.pw_gid
