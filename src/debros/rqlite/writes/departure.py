"""Callers that go away before they are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Departure:
    """Whether a caller has gone; one write at a time may ask to be told.

    Attributes:
        gone: It has.
    """

    def __init__(self) -> None:
        self.gone = False
        self._tell: Callable[[], None] | None = None

    def tell(self, callback: Callable[[], None] | None) -> None:
        """Have `callback` called when the caller goes; None for nothing any more."""
        self._tell = callback

    def note(self) -> None:
        """Say that the caller has gone."""
        self.gone = True
        if self._tell is not None:
            self._tell()
