"""Writes that wait for their turn: bounded, and shared out fairly among namespaces.

Deficit round robin (Shreedhar and Varghese, SIGCOMM 1995): at each turn a namespace gets one credit, and may send what
its credits pay for. A statement costs one credit and one more for every 16 KiB, so a namespace with a thousand writes,
or with huge ones, holds up the single small write of another by one batch at most.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from debros.rqlite.errors import Busy

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from debros.rqlite.errors import RqliteError
    from debros.rqlite.types import ExecResult

_BYTES_A_CREDIT = 16_384


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """Bounds of the queue and of what leaves it at once.

    Attributes:
        batch: Statements in one request.
        batch_bytes: Bytes of one request; a larger statement goes by itself.
        waiting: Statements of all namespaces that may wait.
        waiting_bytes: Their bytes.
        share: Percent of both that one namespace may fill.
    """

    batch: int
    batch_bytes: int
    waiting: int
    waiting_bytes: int
    share: int


@dataclass(eq=False, slots=True)
class Waiting:
    """One write that waits.

    Attributes:
        namespace: Whose it is.
        entry: Its form in a request's body.
        statements: How many statements are in it; the last one is the caller's, others are ours.
        since: When it came, on the event loop's clock.
        outcome: Where its caller waits for the result or the error.
    """

    namespace: str
    entry: bytes
    statements: int
    since: float
    outcome: asyncio.Future[ExecResult | RqliteError]

    @property
    def cost(self) -> int:
        """Credits it takes."""
        return 1 + len(self.entry) // _BYTES_A_CREDIT


@dataclass(slots=True)
class _Line:
    """What one namespace has waiting, oldest first; `credit` lasts until the line is empty."""

    waiting: OrderedDict[Waiting, None] = field(default_factory=OrderedDict)
    size: int = 0
    credit: int = 0
    has_turn: bool = False

    def first(self) -> Waiting:
        return next(iter(self.waiting))


class FairQueue:
    """Waiting writes.

    Attributes:
        count: How many.
        size: Their bytes.
    """

    def __init__(self, limits: QueueLimits) -> None:
        self._limits = limits
        self._own_count = max(limits.waiting * limits.share // 100, 1)
        self._own_size = limits.waiting_bytes * limits.share // 100
        # In the order of their turns.
        self._lines: OrderedDict[str, _Line] = OrderedDict()
        self.count = 0
        self.size = 0

    def put(self, waiting: Waiting) -> None:
        """Add a write at the end of its namespace's line.

        One may always wait, however large, so that no configuration shuts anything out for ever.

        Raises:
            Busy: The namespace, or all of them together, have too many waiting.
        """
        size = len(waiting.entry)
        line = self._lines.get(waiting.namespace)
        if line is not None and (len(line.waiting) >= self._own_count or line.size + size > self._own_size):
            raise Busy("the namespace has too many writes waiting", own=True)
        if self.count and (self.count >= self._limits.waiting or self.size + size > self._limits.waiting_bytes):
            raise Busy("too many writes are waiting")
        if line is None:
            line = self._lines[waiting.namespace] = _Line()
        line.waiting[waiting] = None
        line.size += size
        self.count += 1
        self.size += size

    def remove(self, waiting: Waiting) -> bool:
        """Take a write out; tell whether it was still there."""
        line = self._lines.get(waiting.namespace)
        if line is None or waiting not in line.waiting:
            return False
        self._drop(line, waiting)
        return True

    def take(self) -> list[Waiting]:
        """Take out what goes into the next request; within a namespace first come, first served."""
        batch: list[Waiting] = []
        size = 0
        while self._lines:
            namespace, line = next(iter(self._lines.items()))
            if not line.has_turn:
                line.has_turn = True
                line.credit += 1
            first = line.first()
            if first.cost > line.credit:
                line.has_turn = False
                self._lines.move_to_end(namespace)
                continue
            size += len(first.entry) + 1
            if batch and (len(batch) >= self._limits.batch or size > self._limits.batch_bytes):
                break  # the next request begins with this one
            line.credit -= first.cost
            batch.append(first)
            self._drop(line, first)
        return batch

    def older_than(self, moment: float) -> list[Waiting]:
        """Take out what came at `moment` or before."""
        found = [
            waiting
            for line in self._lines.values()
            for waiting in _while_older(line.waiting, moment)
        ]  # fmt: skip
        for waiting in found:
            self.remove(waiting)
        return found

    def oldest(self) -> float | None:
        """Return when the one that waits longest came; None when nothing waits."""
        return min((line.first().since for line in self._lines.values()), default=None)

    def _drop(self, line: _Line, waiting: Waiting) -> None:
        del line.waiting[waiting]
        size = len(waiting.entry)
        line.size -= size
        self.count -= 1
        self.size -= size
        if not line.waiting:
            del self._lines[waiting.namespace]


def _while_older(line: OrderedDict[Waiting, None], moment: float) -> Iterator[Waiting]:
    for waiting in line:
        if waiting.since > moment:
            return
        yield waiting
