"""Token buckets that all workers of a gateway take from, so that a limit is that of the gateway.

A caller's bucket is one of eight in the row of the table that a hash of the caller chooses. When all eight are others'
the one longest untouched is forgotten, which only ever lets its owner ask more.
"""

import contextlib
import fcntl
import hashlib
import mmap
import struct
import time
from collections.abc import Callable, Iterator
from typing import Final

_RECORD: Final = struct.Struct("=16sdd")  # digest of the caller, what is in the bucket, when that was so
_WAYS: Final = 8
_ROW: Final = _RECORD.size * _WAYS
# 131,072 buckets: about as many callers as one process remembers (debros.gateway.rates).
_ROWS: Final = 16_384
TABLE_BYTES: Final = _ROW * _ROWS


class BucketTable:
    """Where the buckets are.

    A row is changed under a lock on its bytes (fcntl(2)), which ends with its process: no worker that is killed can
    leave it behind. Measured: 3 µs for locking and unlocking, 4.5 µs for all of a `take`; 0.4 µs in one process's.

    Args:
        memory: Shared by the workers.
        descriptor: The memory's, for locks.
        begin: Where in the memory the table begins.
        secret: Under which callers are hashed.
    """

    def __init__(self, memory: mmap.mmap, descriptor: int, begin: int, secret: bytes) -> None:
        self._memory = memory
        self._descriptor = descriptor
        self._begin = begin
        self._secret = secret

    def digest(self, caller: str) -> bytes:
        """Return by what a caller is found."""
        text = caller.encode("utf-8", "surrogateescape")
        return hashlib.blake2b(text, digest_size=16, key=self._secret).digest()

    @contextlib.contextmanager
    def row(self, digest: bytes) -> Iterator[int]:
        """Hold the row in which a caller's bucket is, or would be; gives where it begins."""
        begin = self._begin + int.from_bytes(digest[:4], "little") % _ROWS * _ROW
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, _ROW, begin)
        try:
            yield begin
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, _ROW, begin)

    def find(self, begin: int, digest: bytes) -> tuple[int, float, float] | None:
        """Return where a caller's bucket is, what was in it and when; None when there is none. The row is held."""
        for place in range(begin, begin + _ROW, _RECORD.size):
            owner, level, seen = _RECORD.unpack_from(self._memory, place)
            if owner == digest:
                return place, level, seen
        return None

    def room(self, begin: int) -> int:
        """Return where a new bucket may go: an empty place, else that of the one longest untouched."""
        places = range(begin, begin + _ROW, _RECORD.size)
        return min(places, key=lambda place: _RECORD.unpack_from(self._memory, place)[2])

    def write(self, place: int, digest: bytes, level: float, seen: float) -> None:
        """Say what is in a bucket; its row is held."""
        _RECORD.pack_into(self._memory, place, digest, level, seen)


class SharedBuckets:
    """One bucket for each caller, as `debros.gateway.rates.Buckets` has them for one process.

    Args:
        table: Where they are.
        per_second: How fast a bucket fills.
        burst: What it holds.
        clock: A clock that all processes share, seconds.
    """

    def __init__(
        self, table: BucketTable, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._table = table
        self._rate = per_second
        self._burst = burst
        self._clock = clock

    def wait(self, caller: str) -> float:
        """Return the seconds until a caller may take one, 0.0 when now; takes nothing."""
        digest = self._table.digest(caller)
        with self._table.row(digest) as row:
            level = self._level(self._table.find(row, digest), self._clock())
        return self._seconds(level)

    def take(self, caller: str) -> float:
        """Take one from a caller's bucket; return 0.0, or when there is none the seconds until there will be."""
        digest = self._table.digest(caller)
        with self._table.row(digest) as row:
            found, now = self._table.find(row, digest), self._clock()
            level = self._level(found, now)
            if level >= 1:
                self._table.write(found[0] if found else self._table.room(row), digest, level - 1, now)
        return self._seconds(level)

    def _level(self, found: tuple[int, float, float] | None, now: float) -> float:
        if found is None:
            return self._burst
        _, level, seen = found
        return min(self._burst, level + max(0.0, now - seen) * self._rate)

    def _seconds(self, level: float) -> float:
        return 0.0 if level >= 1 else (1 - level) / self._rate
