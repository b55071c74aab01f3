"""How the copying of a database goes, for whoever wants to know, and for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from debros.terminal.progress import Progress

_UNITS = ("kB", "MB", "GB", "TB")
_THOUSAND = 1000


class Watch:
    """Hears how it goes; this one keeps it to itself."""

    def begins(self, expected: int) -> None:
        """Hear that about so many bytes are asked for."""

    def grows(self, size: int) -> None:
        """Hear how many bytes have come so far."""

    def came(self, size: int) -> None:
        """Hear that these were all, and that they are looked at now."""


class Shown(Watch):
    """Tells a person.

    Args:
        progress: where.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._expected = 0

    def begins(self, expected: int) -> None:
        """Tell how much it will be."""
        self._expected = expected
        self._progress.step(f"reading the database, about {size_of(expected)} ...")

    def grows(self, size: int) -> None:
        """Tell how much it is, where that can be shown."""
        self._progress.update(f"reading the database: {size_of(size)} of about {size_of(self._expected)}")

    def came(self, size: int) -> None:
        """Tell how much it was."""
        self._progress.step(f"read {size_of(size)}; looking whether it is sound ...")


def size_of(count: int) -> str:
    """Return a number of bytes as a person reads it."""
    value, unit = float(count), "bytes"
    for larger in _UNITS:
        if value < _THOUSAND:
            break
        value, unit = value / _THOUSAND, larger
    return f"{count} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
