"""What is known of the keys of the last 24 hours, and the removal of what is older."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from debros.clock import Clock, now_ms
from debros.rqlite.sweeping import keep_sweeping
from debros.rqlite.types import Statement
from debros.tenants.errors import NotReady
from debros.tenants.idempotency.claim import Answer, Bounds, Claim
from debros.tenants.idempotency.errors import KeyTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from debros.rqlite.client import RqliteClient

_PERIOD = 300.0  # seconds
_BATCH = 500  # rows, of 64 KiB at most: a larger DELETE would make every writer wait
# Milliseconds that a record is kept after its end: a gateway whose clock is ahead must not take from the others what
# they still go by.
_GRACE = 60_000
_FIND = "SELECT fingerprint, status, headers, body, claimed_at FROM _gw_idempotency WHERE id = ? AND expires_at > ?"
_ANY = "SELECT 1 FROM _gw_idempotency WHERE expires_at <= ? LIMIT 1"
_DELETE = (
    "DELETE FROM _gw_idempotency WHERE id IN"
    " (SELECT id FROM _gw_idempotency WHERE expires_at <= ? ORDER BY expires_at, id LIMIT ?)"
)


@dataclass(frozen=True, slots=True)
class Record:
    """What became of the first request with a key.

    Attributes:
        fingerprint: Digest of that request.
        answer: Its answer; None when that is not known.
        age: Milliseconds since the key was claimed.
    """

    fingerprint: str
    answer: Answer | None
    age: int


class Records:
    """The records of all namespaces.

    Args:
        client: The database.
        ready: Whether the gateway's own tables are there.
        patience: Milliseconds within which every request has its answer, and has stored it.
        bounds: How much is kept.
        clock: The gateway's.
    """

    def __init__(
        self,
        client: RqliteClient,
        *,
        ready: Callable[[], bool],
        patience: int,
        bounds: Bounds,
        clock: Clock = now_ms,
    ) -> None:
        self._client = client
        self._ready = ready
        self._patience = patience
        self._bounds = bounds
        self._clock = clock
        self._running: set[str] = set()

    def claim(self, number: str, namespace: str, fingerprint: str, refusing: Callable[[Exception], Answer]) -> Claim:
        """Return a claim that is not in the database yet.

        Raises:
            NotReady: The tables are not there yet.
        """
        if not self._ready():
            raise NotReady
        return Claim(number, namespace, fingerprint, self._clock(), self._bounds, self._patience, refusing)

    @contextmanager
    def running(self, claim: Claim) -> Iterator[None]:
        """Hold a key in this process, so that impatient repeats do not even reach the database.

        Raises:
            KeyTaken: A request with it is being worked on.
        """
        if claim.id in self._running:
            raise KeyTaken
        self._running.add(claim.id)
        try:
            yield
        finally:
            self._running.discard(claim.id)

    async def find(self, claim: Claim) -> Record | None:
        """Return what is known of a key; None when nobody has claimed it, or only too long ago.

        Raises:
            RqliteError: The database cannot answer.
        """
        now = self._clock()
        rows = (await self._client.query(Statement(_FIND, (claim.id, now)))).values
        if not rows:
            return None
        fingerprint, status, headers, body, claimed_at = rows[0]
        answer = None if status is None else Answer(status, body, orjson.loads(headers))
        return Record(fingerprint, answer, now - claimed_at)

    async def record(self, claim: Claim, answer: Answer | None) -> None:
        """Claim a key without a write; see `Claim.record`."""
        await claim.record(self._client, answer)

    async def finish(self, claim: Claim, answer: Answer) -> None:
        """Store the answer of a claimed write; see `Claim.finish`."""
        await claim.finish(self._client, answer)

    async def run(self) -> None:
        """Remove what is over every few minutes, until cancelled."""
        await keep_sweeping(self.sweep, period=_PERIOD, what="old idempotency keys")

    async def sweep(self) -> bool:
        """Remove one batch; return whether there may be more. Without anything to remove it only reads.

        Raises:
            RqliteError: The database does not take it.
        """
        if not self._ready():
            return False
        over = self._clock() - _GRACE
        if not (await self._client.query(Statement(_ANY, (over,)))).values:
            return False
        done = await self._client.execute(Statement(_DELETE, (over, _BATCH), verbatim=True))
        return bool(done.rows_affected)
