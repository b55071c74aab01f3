"""Memory that all workers of a gateway see: what they count together, and the buckets of their callers.

It is a file without a name (memfd_create(2)) of which every worker inherits the descriptor, so it ends with them.
"""

import mmap
import os
from typing import Final

from debros.gateway.workers.buckets import TABLE_BYTES, BucketTable
from debros.gateway.workers.tally import Tally

# The tallies have the first page; the tables follow.
_TALLIES: Final = ("connections", "sockets")
_TABLES: Final = ("requests", "sign_in", "failures", "user_codes")
_CELL: Final = 8  # bytes: written and read as a whole
MAX_WORKERS: Final = mmap.PAGESIZE // (_CELL * len(_TALLIES))
_SIZE: Final = mmap.PAGESIZE + TABLE_BYTES * len(_TABLES)


def create() -> int:
    """Return the descriptor of such memory. What is not written takes no room.

    Raises:
        OSError: The kernel gives none.
    """
    descriptor = os.memfd_create("debros-gateway")
    os.ftruncate(descriptor, _SIZE)
    return descriptor


class Shared:
    """The memory behind a descriptor.

    Args:
        descriptor: From `create`.
        count: How many workers there are.
        secret: 16 bytes that callers do not know, so that nobody can choose where in a table he stands.
    """

    def __init__(self, descriptor: int, count: int, secret: bytes) -> None:
        self._descriptor = descriptor
        self._count = count
        self._secret = secret
        self._memory = mmap.mmap(descriptor, _SIZE)

    def tally(self, name: str, index: int) -> Tally:
        """Return a worker's view of a tally: `connections` or `sockets`."""
        begin = _TALLIES.index(name) * MAX_WORKERS * _CELL
        cells = memoryview(self._memory)[begin : begin + self._count * _CELL].cast("Q")
        return Tally(cells, index)

    def table(self, name: str) -> BucketTable:
        """Return a table of buckets: `requests`, `sign_in`, `failures` or `user_codes`."""
        begin = mmap.PAGESIZE + _TABLES.index(name) * TABLE_BYTES
        return BucketTable(self._memory, self._descriptor, begin, self._secret)

    def forget(self, index: int) -> None:
        """Take a worker that has ended out of the tallies."""
        for name in _TALLIES:
            self.tally(name, index).here(0)
