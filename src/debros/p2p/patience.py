"""How long a publisher waits for a peer that is behind.

A stranger who follows a topic and reads nothing would stop publishers for seconds, and come back under another
identity. What strangers cost in vain therefore comes out of one purse; those that make room in time, as slow ones do,
cost nothing.
"""

from collections.abc import Callable, Hashable
from typing import Final

# Seconds. A peer that does not read for this long is left behind: its queue overflows and it alone loses messages.
PATIENCE: Final = 5.0
# What comes into the purse again: one second a minute.
_REFILL: Final = 1 / 60


class Patience:
    """The purse.

    Args:
        is_member: whether a peer is of the cluster; for those there is always patience.
        clock: seconds that only grow.
    """

    def __init__(self, is_member: Callable[[Hashable], bool], clock: Callable[[], float]) -> None:
        self._is_member = is_member
        self._clock = clock
        self._purse = PATIENCE
        self._at: float | None = None

    def with_peer(self, peer: Hashable) -> float:
        """Return for how many seconds to wait for a peer."""
        if self._is_member(peer):
            return PATIENCE
        now = self._clock()
        if self._at is not None:
            self._purse = min(PATIENCE, self._purse + (now - self._at) * _REFILL)
        self._at = now
        return self._purse

    def in_vain(self, peer: Hashable, seconds: float) -> None:
        """Note that a peer made no room in so many seconds."""
        if not self._is_member(peer):
            self._purse = max(0.0, self._purse - seconds)
