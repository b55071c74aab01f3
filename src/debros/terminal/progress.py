"""How long work goes: one line that changes on a terminal and is gone at the end, a line for each step elsewhere.

Where a program reads (`--format json` into a pipe) there is none: an error is then all that stands on stderr.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Protocol, Self

from debros.terminal.errors import silence_stderr
from debros.terminal.output import printable

if TYPE_CHECKING:
    from types import TracebackType

_ERASE = "\r\x1b[K"
_PAUSE = 0.1  # seconds between two changes of the line, of those that come by themselves
_COLUMNS = 80


class Manner(Protocol):
    """What a program's settings say about how to speak.

    Attributes:
        format: "json" for programs.
        quiet: nothing but errors.
    """

    @property
    def format(self) -> str: ...  # noqa: D102 - see the class

    @property
    def quiet(self) -> bool: ...  # noqa: D102 - see the class


class Progress:
    """Tells on stderr how work goes; use it as a context manager around the work.

    Work is not given up because nobody watches: what cannot be written is left out.

    Args:
        settings: how to speak.
    """

    def __init__(self, settings: Manner) -> None:
        terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._live = terminal and not settings.quiet
        self._plain = not terminal and not settings.quiet and settings.format != "json"
        self._shown = False
        self._latest = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def step(self, text: str) -> None:
        """Tell of the next step: in place of what the line says, or in a line of its own."""
        if self._plain:
            self._write(f"{printable(text)}\n")
        else:
            self._show(text)

    def update(self, text: str) -> None:
        """Tell how far the step is; only where the line can change, and not more often than one can read."""
        if time.monotonic() - self._latest >= _PAUSE:
            self._show(text)

    def clear(self) -> None:
        """Take the line away, so that something else can be written."""
        if self._shown:
            self._write(_ERASE)
            self._shown = False

    def _show(self, text: str) -> None:
        if self._live:
            # One that fills the last column would go on in the next line, and half of it would stay.
            self._write(f"{_ERASE}{printable(text)[: _columns() - 1]}")
            self._shown, self._latest = True, time.monotonic()

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            silence_stderr()
            self._live = self._plain = self._shown = False


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _COLUMNS
    except (OSError, ValueError):
        return _COLUMNS
