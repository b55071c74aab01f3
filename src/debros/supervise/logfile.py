"""A log file that never grows beyond a bound and never loses or cuts a line while rotating."""

import contextlib
import os
from pathlib import Path

MEBIBYTE = 1 << 20


class RotatingLog:
    """Append bytes to `path`; at `max_bytes` it becomes `path.1`, that becomes `path.2`, …; `keep` files in all.

    Rotation happens between two lines. A single line longer than the bound is cut at twice the bound, so that the sum
    stays bounded. A full disk or a vanished directory loses output but never raises: how much was lost is written as
    soon as writing works again.
    """

    def __init__(self, path: Path, *, max_bytes: int = 10 * MEBIBYTE, keep: int = 3) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._lost = 0
        self._lost_because = ""
        self._line_open = False
        self._size = 0
        self._fd: int | None = None
        with contextlib.suppress(OSError):  # said with the first output that is lost
            self._open()

    def write(self, data: bytes) -> None:
        """Append the data; it need not end at a line's end."""
        while data:
            room = self._max_bytes - self._size
            if len(data) <= room:
                self._append(data)
                return
            if not self._line_open and self._size > 0:
                self._rotate()
                continue
            # Write to the end of the last line that fits, or else of the one that does not.
            end = data.rfind(b"\n", 0, max(room, 0)) + 1 or data.find(b"\n") + 1 or len(data)
            end = min(end, max(2 * self._max_bytes - self._size, 1))
            self._append(data[:end])
            if self._size >= 2 * self._max_bytes:
                self._rotate()
            data = data[end:]

    def close(self) -> None:
        """Close the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        # 0600: a program's log may quote what it was given.
        self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._fd).st_size
        return self._fd

    def _append(self, data: bytes) -> None:
        self._line_open = not data.endswith(b"\n")
        try:
            fd = self._open() if self._fd is None else self._fd
            if self._lost:
                self._write_all(fd, f"[{self._lost} bytes of output were lost: {self._lost_because}]\n".encode())
                self._lost = 0
            self._write_all(fd, data)
        except OSError as error:
            self._lost += len(data)
            self._lost_because = error.strerror or str(error)

    def _write_all(self, fd: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.write(fd, view)
            self._size += written
            view = view[written:]

    def _rotate(self) -> None:
        self.close()
        self._line_open = False
        numbered = [self._path.with_name(f"{self._path.name}.{n}") for n in range(1, self._keep)]
        with contextlib.suppress(OSError):
            for older, newer in zip(reversed(numbered), reversed([self._path, *numbered[:-1]]), strict=True):
                if newer.exists():
                    newer.replace(older)
            self._open()
        # Where renaming is refused, the old file grows by another `max_bytes` before the next attempt.
        self._size = 0
