"""Who was given what, and who was refused: in the audit table and in the journal.

A grant's row is part of the transaction that grants. A refusal's row is not worth a transaction of its own, which
would let every stranger write to the database as fast as they can ask: refusals wait a second, equal ones become one
row, and all go together.
"""

import asyncio
import contextlib
import itertools
from dataclasses import dataclass

from debros import logs
from debros.clock import Clock, now_ms
from debros.gateway.auth.caller import Caller
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import RqliteError
from debros.rqlite.types import Statement, Value

_log = logs.get("debros.gateway.audit")
_COLUMNS = ("at", "event", "outcome", "namespace", "subject", "credential", "address", "request_id", "detail")
_INSERT = f"INSERT INTO _gw_audit ({', '.join(_COLUMNS)})"
_PAUSE = 1.0  # seconds between two batches
_BATCH = 200
_WAITING = 10_000  # refusals that may wait while the database is away
_LONGEST = 300  # characters of one field


@dataclass(frozen=True, slots=True)
class Entry:
    """One record; nothing in it is a secret."""

    event: str
    outcome: str
    namespace: str = ""
    subject: str = ""
    credential: str = ""
    detail: str = ""


@dataclass(slots=True)
class _Waiting:
    row: tuple[Value, ...]
    count: int = 1


class Audit:
    """The record of sign-in."""

    def __init__(self, client: RqliteClient, clock: Clock = now_ms) -> None:
        self._client = client
        self._clock = clock
        self._waiting: dict[tuple[str, ...], _Waiting] = {}
        self._lost = 0

    def statement(self, entry: Entry, caller: Caller, guard: str = "1", args: tuple[Value, ...] = ()) -> Statement:
        """Return the statement that records a grant in the transaction that makes it, if `guard` holds there."""
        marks = ", ".join("?" * len(_COLUMNS))
        return Statement(f"{_INSERT} SELECT {marks} WHERE {guard}", (*self._row(entry, caller), *args))

    def announce(self, entry: Entry, caller: Caller) -> None:
        """Tell the journal."""
        _log.info(
            f"{entry.event} {entry.outcome}",
            namespace=entry.namespace,
            subject=_short(entry.subject),
            credential=entry.credential,
            client=caller.address,
            detail=_short(entry.detail),
        )

    def note(self, entry: Entry, caller: Caller) -> None:
        """Tell the journal now and the table in a moment: refusals, and grants that write nothing else.

        The same of the same caller for the same reason (the first word of `detail`) is one row with a count.
        """
        self.announce(entry, caller)
        row = self._row(entry, caller)
        reason = entry.detail.partition(" ")[0]
        key = (entry.event, entry.outcome, entry.namespace, entry.subject, entry.credential, caller.address, reason)
        if key in self._waiting:
            self._waiting[key].count += 1
        elif len(self._waiting) < _WAITING:
            self._waiting[key] = _Waiting(row)
        else:
            self._lost += 1

    async def run(self) -> None:
        """Write what waits, for ever; what the database does not take now waits on."""
        while True:
            await asyncio.sleep(_PAUSE)
            with contextlib.suppress(RqliteError):
                await self.flush()

    async def flush(self) -> None:
        """Write what waits.

        Raises:
            RqliteError: The database does not take it; it waits on.
        """
        if self._lost:
            _log.warning("refusals were not recorded in the audit table: too many", lost=self._lost)
            self._lost = 0
        while self._waiting:
            batch = list(itertools.islice(self._waiting.items(), _BATCH))
            rows = [(*waiting.row[:-1], _counted(str(waiting.row[-1]), waiting.count)) for _, waiting in batch]
            # Taken out first: what comes while the database is asked is counted anew.
            for key, _ in batch:
                del self._waiting[key]
            marks = ", ".join([f"({', '.join('?' * len(_COLUMNS))})"] * len(rows))
            statement = Statement(f"{_INSERT} VALUES {marks}", tuple(value for row in rows for value in row))
            try:
                await self._client.execute(statement)
            except BaseException:
                self._waiting = dict(batch) | self._waiting
                raise

    def _row(self, entry: Entry, caller: Caller) -> tuple[Value, ...]:
        texts = (entry.event, entry.outcome, entry.namespace, entry.subject, entry.credential)
        return (
            self._clock(),
            *map(_short, (*texts, caller.address, caller.request_id, entry.detail)),
        )


def _counted(detail: str, count: int) -> str:
    return f"{detail} ({count} times)" if count > 1 else detail


def _short(text: str) -> str:
    return text[:_LONGEST].encode("utf-8", "replace").decode()
