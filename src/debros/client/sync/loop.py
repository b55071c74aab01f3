"""An event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent import futures
from typing import TYPE_CHECKING, Any, TypeVar

from debros.client.errors import ClosedError

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")
_CLOSED = "the client is closed; make a new one"


class LoopThread:
    """Runs coroutines for threads without an event loop. It starts at once, and never holds up the process's end."""

    def __init__(self) -> None:
        self._started = threading.Event()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="debros client", daemon=True)
        self._thread.start()
        self._started.wait()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and return its result. Interrupted (Ctrl-C), it is cancelled.

        Raises:
            ClosedError: The thread has ended.
            RuntimeError: It was called in the loop itself, which would wait for itself for ever.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError(
                "a blocking call in the client's own event loop, as of on_refresh; it would wait for ever"
            )
        if self._closed:
            work.close()
            raise ClosedError(_CLOSED)
        try:
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:  # closed this very moment, by another thread
            work.close()
            raise ClosedError(_CLOSED) from None
        try:
            return future.result()
        except futures.CancelledError:
            raise ClosedError("the client was closed while the call was under way") from None
        except BaseException:
            future.cancel()
            raise

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Run a last coroutine, end what is under way, and end the thread. Again is harmless."""
        with self._closing:
            if self._closed:
                last.close()
                return
            try:
                self.run(last)
            finally:
                self._closed = True
                self._loop.call_soon_threadsafe(self._stop.set)
                self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner() as runner:  # at its end it cancels what is left
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._started.set()
        await self._stop.wait()
