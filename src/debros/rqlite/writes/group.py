"""The way of single writes to the database: together, in a few requests at once."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from debros import logs
from debros.rqlite import payload
from debros.rqlite.errors import Busy, CallerGone, RqliteError, StatementError, Unavailable, UnknownOutcome
from debros.rqlite.writes.figures import WriteFigures
from debros.rqlite.writes.queue import FairQueue, QueueLimits, Waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debros.rqlite.client import RqliteClient
    from debros.rqlite.types import ExecResult, Statement
    from debros.rqlite.writes.departure import Departure

_log = logs.get("debros.rqlite")
# Seconds that what waits gets at a stop. The HTTP server has let its callers finish before; see gateway/server.py.
_LAST_WRITES = 2.0
# Requests on their way at once. While rqlited writes one to its disk, it reads another and we answer the last;
# with one at a time gateway and database wait for each other in turn (docs/performance.md, "gateway_overhead").
AT_ONCE = 4
# Seconds after which a request no longer holds up the next one. A leader that has lost its power or its cable leaves
# the request that was on its way to it unanswered until the write timeout, while another leads after 2.3 s (median).
_STALLED = 1.0
# Requests that may be on their way then. Where the database is merely slow, more would only fill its memory.
_MOST_UNDER_WAY = 8
# Seconds between two looks for writes that have waited too long; each look costs a step for every namespace that waits.
_SWEEP_PAUSE = 0.05


class Writes:
    """Single writes of all namespaces, for one event loop.

    At most `at_once` requests are on their way; one that stalls does not keep others from going. Two writes that are
    not answered yet are applied in any order, as when each went by itself; one that begins after the answer of another
    is applied after it. None is ever repeated: when an answer is lost, all who shared the request hear that the outcome
    is not known.

    Args:
        client: The cluster.
        limits: Bounds of what waits and of one request.
        timeout: Seconds a write may wait before it is sent. Sending it may take the client's write timeout besides.
        grouped: Whether writes share requests at all; False sends each at once by itself.
        at_once: Requests on their way at the same time; what comes meanwhile waits.

    Attributes:
        figures: Counters.
    """

    def __init__(
        self,
        client: RqliteClient,
        limits: QueueLimits,
        *,
        timeout: float,
        grouped: bool = True,
        at_once: int = AT_ONCE,
    ) -> None:
        self._client = client
        self._timeout = timeout
        self._grouped = grouped
        self._queue = FairQueue(limits)
        self._sender: asyncio.Task[None] | None = None
        self._at_once = at_once
        self._under_way: set[asyncio.Task[None]] = set()
        self._stalled: set[asyncio.Task[None]] = set()  # some of them
        self._progress = asyncio.Event()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False
        self.figures = WriteFigures()

    @property
    def waiting(self) -> int:
        """How many writes wait now; those on their way are not counted."""
        return self._queue.count

    @property
    def waiting_bytes(self) -> int:
        """Their bytes."""
        return self._queue.size

    async def execute(
        self,
        namespace: str,
        statement: Statement,
        departure: Departure | None = None,
        *,
        before: Statement | None = None,
    ) -> ExecResult:
        """Run one write, committed by a majority when this returns.

        A write that waits is taken back when its caller goes away or is cancelled; one that was sent is left alone.

        Args:
            namespace: Who shares the database with whom.
            statement: A plain INSERT, UPDATE, DELETE or REPLACE without RETURNING, verbatim. Whoever calls has proved
                that: anything else could reach into the statements beside it.
            departure: Who says that the caller has gone away; None when nobody does.
            before: A statement of our own that runs immediately before it, whatever others do meanwhile.

        Raises:
            StatementError: The database refuses the statement.
            Busy: Too many writes wait, or this one has waited too long. Nothing was applied.
            CallerGone: The caller went away while the write waited. Nothing was applied.
            NoLeader, Unavailable: Nothing was applied.
            UnknownOutcome: It may or may not be applied.
            ValueError: The statement is not verbatim, or has RETURNING.
        """
        if self._closed:
            raise Unavailable("no more writes are taken: the process is being stopped")
        if not self._grouped:
            self.figures.alone += 1
            return await self._client.execute(statement, before)
        if departure is not None and departure.gone:
            self.figures.left += 1
            raise CallerGone("the caller went away before its write was sent")
        statements = [before, statement] if before else [statement]
        loop = asyncio.get_running_loop()
        entry = payload.encode_shared(*statements)
        waiting = Waiting(namespace, entry, len(statements), loop.time(), loop.create_future())
        self._put(waiting)
        if departure is not None:
            departure.tell(lambda: self._take_back(waiting))
        try:
            outcome = await waiting.outcome
        except asyncio.CancelledError:
            self._take_back(waiting)
            raise
        finally:
            if departure is not None:
                departure.tell(None)
        if isinstance(outcome, RqliteError):
            raise outcome
        return outcome

    async def close(self, timeout: float = _LAST_WRITES) -> None:  # noqa: ASYNC109 - what it waits for goes on meanwhile
        """Take no more writes, wait for those there are, and tell the rest what became of them.

        Args:
            timeout: Seconds.
        """
        self._closed = True
        running = {*self._under_way, *([self._sender] if self._sender is not None else [])}
        if running:
            await asyncio.wait(running, timeout=timeout)
        while left := self._queue.take():
            self._tell(left, [Unavailable("the process was stopped before the write was sent") for _ in left])
        running |= self._under_way
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._sweeper is not None:
            self._sweeper.cancel()

    def _put(self, waiting: Waiting) -> None:
        try:
            self._queue.put(waiting)
        except Busy as error:
            if error.own:
                self.figures.refused_own += 1
            else:
                self.figures.refused_full += 1
            raise
        loop = waiting.outcome.get_loop()
        if self._sender is None or self._sender.done():
            self._sender = loop.create_task(self._send_all(), name="group commit")
        elif self._sweeper is None:  # nothing can wait too long while nothing is on its way
            self._sweeper = loop.call_later(self._timeout, self._sweep)

    def _take_back(self, waiting: Waiting) -> None:
        if self._queue.remove(waiting):
            self.figures.left += 1
            _tell([waiting], [CallerGone("the caller went away while the write waited")])

    def _sweep(self) -> None:
        """Give up what has waited too long, and look again when the next one will have."""
        loop = asyncio.get_running_loop()
        late = self._queue.older_than(loop.time() - self._timeout)
        self.figures.expired += len(late)
        _tell(late, [Busy("the write has waited too long for its turn") for _ in late])
        oldest = self._queue.oldest()
        soonest = loop.time() + _SWEEP_PAUSE
        self._sweeper = None if oldest is None else loop.call_at(max(oldest + self._timeout, soonest), self._sweep)

    async def _send_all(self) -> None:
        """Send until nothing waits any more."""
        loop = asyncio.get_running_loop()
        while batch := self._queue.take():
            request = loop.create_task(self._deliver(batch))
            self._under_way.add(request)
            timer = loop.call_later(_STALLED, self._note_stalled, request)
            request.add_done_callback(partial(self._note_over, timer))
            while len(self._under_way) - len(self._stalled) >= self._at_once or len(self._under_way) >= _MOST_UNDER_WAY:
                self._progress.clear()
                await self._progress.wait()

    def _note_stalled(self, request: asyncio.Task[None]) -> None:
        self.figures.stalled += 1
        self._stalled.add(request)
        self._progress.set()

    def _note_over(self, timer: asyncio.TimerHandle, request: asyncio.Task[None]) -> None:
        timer.cancel()
        self._under_way.discard(request)
        self._stalled.discard(request)
        self._progress.set()

    async def _deliver(self, batch: Sequence[Waiting]) -> None:
        """Send one request, and see to it that everybody in it hears something."""
        now = asyncio.get_running_loop().time()
        self.figures.waited += sum(now - waiting.since for waiting in batch)
        try:
            await self._send(batch)
        except Exception:  # noqa: BLE001 - whatever it was, the next ones have nothing to do with it
            _log.exception("a request of several writes failed")
        finally:  # nobody may be left waiting for ever, also when we are cancelled
            untold = [waiting for waiting in batch if not waiting.outcome.done()]
            self._tell(untold, [UnknownOutcome("the request was given up before its answer came") for _ in untold])

    async def _send(self, batch: Sequence[Waiting]) -> None:
        """Send one request and tell each caller what became of its write."""
        self.figures.batch_sizes.add(len(batch))
        outcomes: Sequence[ExecResult | RqliteError]
        try:
            ends = list(accumulate(waiting.statements for waiting in batch))
            results = await self._client.execute_shared([waiting.entry for waiting in batch], ends[-1])
            outcomes = [results[end - 1] for end in ends]
        except StatementError as error:
            # A request that rqlite refuses whole has applied nothing; who is to blame shows when each goes alone.
            if len(batch) > 1:
                for waiting in batch:
                    await self._send([waiting])
                return
            outcomes = [error]
        except RqliteError as error:
            outcomes = [type(error)(*error.args) for _ in batch]
        self._tell(batch, outcomes)

    def _tell(self, batch: Sequence[Waiting], outcomes: Sequence[ExecResult | RqliteError]) -> None:
        for outcome in outcomes:
            match outcome:
                case StatementError():
                    self.figures.failed += 1
                case UnknownOutcome():
                    self.figures.unknown += 1
                case RqliteError():
                    self.figures.not_applied += 1
        _tell(batch, outcomes)


def _tell(batch: Sequence[Waiting], outcomes: Sequence[ExecResult | RqliteError]) -> None:
    for waiting, outcome in zip(batch, outcomes, strict=True):
        if not waiting.outcome.done():  # else its caller has gone
            waiting.outcome.set_result(outcome)
