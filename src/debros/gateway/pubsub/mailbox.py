"""What is waiting for one socket: bounded in messages and bytes, filled without waiting.

The bound is judged one turn of the event loop after it was passed, when the socket's writer has had its chance:
hundreds of messages can arrive in one piece from the node, and a client that takes them as they come is not slow.
"""

import asyncio
from collections import deque
from enum import StrEnum

Frame = bytes | str


class OnSlow(StrEnum):
    """What happens when a socket does not keep up."""

    CLOSE = "close"
    DROP = "drop"


class Mailbox:
    """A queue with one reader.

    Args:
        max_messages: Frames that may wait.
        max_bytes: Bytes (characters of text frames) that may wait; a single larger frame is still taken.
        on_slow: CLOSE: passing the bound empties the queue and sets `overflowed` for good.
            DROP: the oldest frames make room, and are counted.
    """

    __slots__ = (
        "_bytes",
        "_frames",
        "_judging",
        "_max_bytes",
        "_max_messages",
        "_on_slow",
        "_wakeup",
        "dropped",
        "overflowed",
    )

    def __init__(self, *, max_messages: int, max_bytes: int, on_slow: OnSlow) -> None:
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._on_slow = on_slow
        self._wakeup: asyncio.Future[None] | None = None
        self._judging = False
        self.overflowed = asyncio.Event()
        self.dropped = 0

    def put_nowait(self, frame: Frame) -> None:
        """Add a frame. Never waits, never fails."""
        if self.overflowed.is_set():
            self.dropped += 1
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        if self._wakeup is not None and not self._wakeup.done():
            self._wakeup.set_result(None)
        if not self._judging and self._too_full():
            self._judging = True
            asyncio.get_running_loop().call_soon(self._judge)

    async def get(self) -> Frame:
        """Wait for the next frame and take it."""
        while not self._frames:
            self._wakeup = asyncio.get_running_loop().create_future()
            try:
                await self._wakeup
            finally:
                self._wakeup = None
        return self._take()

    def _take(self) -> Frame:
        frame = self._frames.popleft()
        self._bytes -= len(frame)
        return frame

    def _too_full(self) -> bool:
        waiting = len(self._frames)
        return waiting > self._max_messages or (waiting > 1 and self._bytes > self._max_bytes)

    def _judge(self) -> None:
        self._judging = False
        if not self._too_full():
            return
        if self._on_slow is OnSlow.CLOSE:
            self.dropped += len(self._frames)
            self._frames.clear()
            self._bytes = 0
            self.overflowed.set()
            return
        while self._too_full():
            self._take()
            self.dropped += 1
