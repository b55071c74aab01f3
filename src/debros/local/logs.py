"""`make logs`: the last lines of every log, then what is added, each line with the name of its process."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from debros.local import cluster as clusters
from debros.local import health, processes
from debros.local.errors import LocalError

INTERVAL = 0.2  # seconds between two looks
LINES = 10


class Follower:
    """Reads what is appended to one log, also across its rotation."""

    def __init__(self, path: Path, *, from_start: bool = False) -> None:
        self._path = path
        self._rest = b""
        self._file = self._open()
        if self._file and not from_start:
            self._file.seek(0, os.SEEK_END)

    def lines(self) -> Iterator[str]:
        """Yield the lines completed since the last call."""
        yield from self._read()
        if self._rotated():
            yield from self._read()  # what came between the read above and the rotation
            self.close()
            self._file = self._open()
            yield from self._read()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
            self._file = None

    def _read(self) -> Iterator[str]:
        if self._file is None:
            return
        *complete, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in complete:
            yield line.decode(errors="replace")

    def _rotated(self) -> bool:
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        if self._file is None:
            return True
        mine = os.fstat(self._file.fileno())
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino)

    def _open(self) -> BinaryIO | None:
        try:
            return self._path.open("rb")
        except FileNotFoundError:
            return None


def logs(names: tuple[str, ...], out: TextIO, *, follow: bool = True) -> None:
    """Print the logs of the named processes, of all when none is named, until interrupted.

    Args:
        names: Such as `host1/node`.
        out: Where to.
        follow: Go on with what is added.

    Raises:
        LocalError: There is no such process.
    """
    cluster = clusters.load(os.environ)
    known = [name for host in cluster.layout.hosts(cluster.hosts) for name in processes.names(host)]
    if unknown := [name for name in names if name not in known]:
        raise LocalError(f"{unknown[0]}: no such process. There are: {', '.join(known) or 'none yet (make up)'}")
    paths = {name: cluster.layout.log(name) for name in names or known}
    followers = {name: Follower(path) for name, path in paths.items()}
    for name, path in paths.items():
        out.writelines(prefixed(name, line) for line in health.tail(path, LINES))
    while follow:
        for name, follower in followers.items():
            out.writelines(prefixed(name, line) for line in follower.lines())
        out.flush()
        time.sleep(INTERVAL)


def prefixed(name: str, line: str) -> str:
    """Return the line as it is shown."""
    return f"{name:<14} | {line}\n"
