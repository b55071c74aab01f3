"""Waiting with a deadline, and saying now and then what for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from debros.terminal import output

if TYPE_CHECKING:
    from collections.abc import Callable

    from debros.hosts.settings import Settings

_SAY_EVERY = 5.0  # seconds
_PAUSE, _LONGEST_PAUSE = 0.1, 1.0  # seconds between two looks


class Wait:
    """A wait of a limited time.

    Args:
        settings: whether to talk.
        what: what is waited for, for the lines on stderr.
        timeout: seconds.
    """

    def __init__(self, settings: Settings, what: str, timeout: float) -> None:
        self._settings, self._what, self.timeout = settings, what, timeout
        self._begin = self._said = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begin

    @property
    def remaining(self) -> float:
        """Seconds left, at least 0."""
        return max(self.timeout - self.elapsed, 0.0)

    def part(self, what: str, longest: float) -> Wait:
        """Return a wait for something on the way, which ends with this one at the latest."""
        return Wait(self._settings, what, min(longest, self.remaining))

    def until(self, obstacle: Callable[[], str]) -> str:
        """Look again and again until there is no obstacle or no time left.

        Args:
            obstacle: says what stands in the way, "" when nothing does.

        Returns:
            The last obstacle, "" when there is none.
        """
        pause = _PAUSE
        while reason := obstacle():
            if self.remaining == 0:
                return reason
            if time.monotonic() - self._said >= _SAY_EVERY:
                self._said = time.monotonic()
                text = f"waiting for {self._what}, {self.elapsed:.0f} s of {self.timeout:g} s: {reason}"
                output.say(self._settings, text)
            time.sleep(min(pause, self.remaining))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        return ""
