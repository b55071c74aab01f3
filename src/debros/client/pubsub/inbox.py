"""What waits for the reader of a subscription: bounded in number and bytes, and honest about what did not fit."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import Literal

from debros.client.errors import DebrosError, SlowReaderError
from debros.client.pubsub.events import Event, Gap, GapReason, Message

# What happens when the reader is slow: the oldest events make room; the newest do not get in; the connection is not
# read any further, until the gateway gives it up; the subscription ends.
OnSlow = Literal["drop_oldest", "drop_newest", "wait", "close"]
ON_SLOW: tuple[OnSlow, ...] = ("drop_oldest", "drop_newest", "wait", "close")


class Inbox:
    """A queue of events.

    Args:
        most: Events that may wait; gaps come on top, one at most between two of them.
        most_bytes: Bytes of payload that may wait; one larger message is taken all the same.
        on_slow: What happens when one is passed.
    """

    def __init__(self, most: int, most_bytes: int, on_slow: OnSlow) -> None:
        self._events: deque[Event] = deque()
        self._most = most
        self._most_bytes = most_bytes
        self._on_slow = on_slow
        self._count = 0
        self._bytes = 0
        self._ended = False
        self._error: DebrosError | None = None
        self._changed = asyncio.Event()
        self.dropped = 0
        self.gaps = 0

    def __len__(self) -> int:
        return len(self._events)

    @property
    def ended(self) -> bool:
        """Nothing more will come."""
        return self._ended

    async def put(self, event: Event) -> None:
        """Add an event, or do what is to be done when there is no room; waits only when that is to be done."""
        size = _size(event)
        if self._on_slow == "wait":
            while not self._fits(size) and not self._ended:
                await self._change()
        elif self._on_slow == "drop_oldest":
            while not self._fits(size):
                self._drop_oldest()
        elif not self._fits(size):
            self._refuse()
            return
        if not self._ended:
            self._append(event)
            self._count += 1
            self._bytes += size

    def gap(self, gap: Gap) -> None:
        """Add a gap; one right behind another becomes part of it."""
        if not self._ended:
            self.gaps += 1
            self._append(gap)

    async def get(self) -> Event | None:
        """Wait for the next event and take it; None when nothing more will come.

        Raises:
            DebrosError: The subscription has ended with it; what came before has been given.
        """
        while not self._events:
            if self._error is not None:
                raise self._error
            if self._ended:
                return None
            await self._change()
        event = self._events.popleft()
        if not isinstance(event, Gap):
            self._took(event)
        self._tell()
        return event

    def end(self, error: DebrosError | None = None, *, at_once: bool = False) -> None:
        """Take no more. What waits is still given, unless it ends `at_once`; then comes the error."""
        if at_once:
            self._events.clear()
        if not self._ended:
            self._ended, self._error = True, error
        self._tell()

    def _fits(self, size: int) -> bool:
        return self._count == 0 or (self._count < self._most and self._bytes + size <= self._most_bytes)

    def _append(self, event: Event) -> None:
        if isinstance(event, Gap) and self._events and isinstance(self._events[-1], Gap):
            event = _joined(self._events.pop(), event)
        self._events.append(event)
        self._tell()

    def _drop_oldest(self) -> None:
        before = self._events.popleft() if isinstance(self._events[0], Gap) else Gap(GapReason.SLOW_READER)
        self._took(self._events.popleft())
        after = self._events.popleft() if self._events and isinstance(self._events[0], Gap) else None
        gap = _joined(_joined(before, Gap(GapReason.SLOW_READER, dropped=1)), after)
        self._events.appendleft(gap)
        self.dropped += 1

    def _refuse(self) -> None:
        if self._on_slow == "close":
            self.end(
                SlowReaderError(f"the reader has left {self._count} events waiting; read faster, or let some drop")
            )
            return
        self.dropped += 1
        self._append(Gap(GapReason.SLOW_READER, dropped=1))

    def _took(self, event: Event) -> None:
        self._count -= 1
        self._bytes -= _size(event)

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()


def _size(event: Event) -> int:
    return len(event.data) if isinstance(event, Message) else 0


def _joined(first: Event, second: Event | None) -> Gap:
    assert isinstance(first, Gap)
    if second is None:
        return first
    assert isinstance(second, Gap)
    return replace(first, seconds=first.seconds + second.seconds, dropped=first.dropped + second.dropped)
