"""One node per data directory: a lock that the kernel releases when the process ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DataDirError(Exception):
    """The data directory cannot be used; the text says why and what to do."""


@contextmanager
def data_dir_lock(data_dir: Path) -> Iterator[None]:
    """Hold ``<data_dir>/node.lock`` while the block runs; the directory is made when it is missing.

    Raises:
        DataDirError: another node holds it, or the directory cannot be written.
    """
    path = data_dir / "node.lock"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataDirError(f"{path}: {error.strerror}; make node.data_dir writable for this user") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "?"
            raise DataDirError(
                f"{data_dir}: another node (process {owner}) uses this data directory; "
                "stop it, or give this one its own with --data"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)  # the file stays: removing it would let two processes lock two files of one name
