"""A number of which each worker of a gateway has its part."""

from collections.abc import MutableSequence
from typing import Any


class Tally:
    """What is open at a gateway. Each worker writes its own cell only, so nothing has to be locked.

    Two workers that look at the same moment both see room for one more: a limit judged by a tally can be exceeded by
    one less than there are workers.

    Args:
        cells: One for each worker; shared between them.
        index: Which is ours.
    """

    def __init__(self, cells: MutableSequence[int] | memoryview, index: int = 0) -> None:
        self._cells = cells
        self._index = index

    def here(self, number: int) -> None:
        """Say how many there are at this worker."""
        self._cells[self._index] = number

    def elsewhere(self) -> int:
        """Return how many there are at the other workers."""
        return self.total() - self._cells[self._index]

    def above_share(self, more: int = 0) -> bool:
        """Tell whether this worker has more of them than the average one.

        Args:
            more: How many there are here that have not been said yet.
        """
        return (self._cells[self._index] + more) * len(self._cells) > self.total() + more

    def total(self) -> int:
        """Return how many there are at all of them."""
        return sum(self._cells)


class Counted(set[Any]):
    """The set of open connections that a server of uvicorn keeps; a tally always knows how many there are."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally = tally

    def add(self, element: Any) -> None:
        """Add one."""
        super().add(element)
        self._tally.here(len(self))

    def discard(self, element: Any) -> None:
        """Remove one, if it is there."""
        super().discard(element)
        self._tally.here(len(self))

    def remove(self, element: Any) -> None:
        """Remove one.

        Raises:
            KeyError: It is not there.
        """
        super().remove(element)
        self._tally.here(len(self))
