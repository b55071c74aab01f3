"""Bounds what is sent but not acknowledged, in number and bytes; who comes first enters first."""

import asyncio
from collections import deque
from typing import Final

MAX_ITEMS: Final = 4096
MAX_BYTES: Final = 16 * 1024 * 1024


class Window:
    """A place for a limited number of items and bytes.

    Args:
        max_items: items inside at a time.
        max_bytes: bytes inside at a time; a single larger item enters alone.
    """

    def __init__(self, max_items: int = MAX_ITEMS, max_bytes: int = MAX_BYTES) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._items = 0
        self._bytes = 0
        self._admitted = 0  # let in but not running yet: nobody may overtake them
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def enter(self, size: int) -> None:
        """Wait for room and take it. Each `enter` that returns needs a `leave`."""
        if not self._queue and not self._admitted and self._fits(size):
            self._take(size)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((size, future))
        self._admit()
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():  # let in at the very moment it was cancelled
                self._admitted -= 1
                self.leave(size)
            else:
                self._admit()
            raise
        self._admitted -= 1

    def leave(self, size: int) -> None:
        """Give the room back."""
        self._items -= 1
        self._bytes -= size
        self._admit()

    def _admit(self) -> None:
        while self._queue:
            size, future = self._queue[0]
            if future.done():
                self._queue.popleft()
                continue
            if not self._fits(size):
                return
            self._queue.popleft()
            self._take(size)
            self._admitted += 1
            future.set_result(None)

    def _fits(self, size: int) -> bool:
        return not self._items or (self._items < self._max_items and self._bytes + size <= self._max_bytes)

    def _take(self, size: int) -> None:
        self._items += 1
        self._bytes += size
