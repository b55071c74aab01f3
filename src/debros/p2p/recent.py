"""Remembers what was seen in the last minute or two: messages that arrive again are told from new ones."""

from collections.abc import Callable, Hashable


class Recent:
    """A set that forgets: two generations, of which the older one is dropped every `seconds`.

    Args:
        seconds: how long an item is remembered at least; at most twice as long.
        clock: a monotonic clock in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._new: set[Hashable] = set()
        self._old: set[Hashable] = set()
        self._turned = clock()

    def add(self, item: Hashable) -> bool:
        """Remember an item; False when it is known already."""
        now = self._clock()
        if now - self._turned >= self._seconds:
            self._old = self._new if now - self._turned < 2 * self._seconds else set()
            self._new = set()
            self._turned = now
        if item in self._new or item in self._old:
            return False
        self._new.add(item)
        return True
