"""A host's disk, seen from this machine: how much is left, the most that was used, and a disk that is full."""

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from hostkit.bed import bed_dir
from hostkit.machine import Machine

MIB = 1 << 20


def _mount(machine: Machine) -> Path:
    return bed_dir() / "hosts" / machine.name / "disk"


def free(machine: Machine) -> int:
    """Return the bytes that are left."""
    space = os.statvfs(_mount(machine))
    return space.f_bavail * space.f_frsize


class Watch:
    """Looks twenty times a second how much is left; `used` is the most that was taken since the beginning, in bytes."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._first = self._least = free(machine)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            self._least = min(self._least, free(self._machine))

    @property
    def used(self) -> int:
        return self._first - self._least

    @property
    def kept(self) -> int:
        """What is in use now and was not at the beginning, in bytes."""
        return self._first - free(self._machine)
