"""Writing a file whole or not at all, with its permissions from the first moment."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


def create(path: Path, data: str | bytes, *, mode: int = 0o600) -> None:
    """Put `data` (text as UTF-8) into a new file; of two processes that do this at once exactly one succeeds.

    Args:
        path: Where; its directory exists.
        data: What.
        mode: Permissions of the file.

    Raises:
        FileExistsError: The name is taken, if only since this moment; that file is untouched.
        OSError: It cannot be written; nothing is left behind.
    """
    with _draft(path, data, mode, durable=True) as draft:
        os.link(draft, path)
    sync_directory(path.parent)


def replace(path: Path, data: str | bytes, *, mode: int = 0o600, durable: bool = True) -> None:
    """Put `data` into a file in one step, in place of what is there; a symbolic link stays one.

    Args:
        path: Where; its directory exists.
        data: What.
        mode: Permissions of the file.
        durable: Whether it has to outlive a power cut, which costs a few milliseconds.

    Raises:
        OSError: It cannot be written; the old file is untouched.
    """
    target = path.resolve()
    with _draft(target, data, mode, durable=durable) as draft:
        draft.replace(target)
    if durable:
        sync_directory(target.parent)


def rehearse(path: Path, data: str | bytes) -> None:
    """Do what `replace` would do but for putting it in place, so that what would keep it from that shows beforehand.

    Args:
        path: Where it would go.
        data: As much of it as is known already; a full disk shows by its size.

    Raises:
        OSError: It could not be written.
    """
    with _draft(path.resolve(), data, 0o600, durable=True):
        pass


@contextlib.contextmanager
def _draft(path: Path, data: str | bytes, mode: int, *, durable: bool) -> Iterator[Path]:
    """Yield a finished file beside `path`; what is left of it at the end is removed."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask says
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Make names in a directory durable (fsync(2): syncing a file does not).

    Raises:
        OSError: It cannot be read.
    """
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
