"""An answer that is made at most once at a time and kept for a moment, however many ask for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Cached(Generic[T]):
    """The last result of `make`, at most `keep` seconds old."""

    def __init__(self, make: Callable[[], Awaitable[T]], keep: float) -> None:
        self._make = make
        self._keep = keep
        self._running: asyncio.Task[T] | None = None
        self._kept: tuple[float, T] | None = None

    async def get(self) -> T:
        """Return the kept result, or a new one.

        Raises:
            Exception: What `make` raises; that is not kept.
        """
        if self._kept is not None and time.monotonic() < self._kept[0]:
            return self._kept[1]
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._refresh())
        # Shielded: one caller that leaves must not take the answer from the others.
        return await asyncio.shield(self._running)

    async def _refresh(self) -> T:
        result = await self._make()
        self._kept = (time.monotonic() + self._keep, result)
        return result
