"""One request's claim of its key: the statements that stand around its write, in one transaction with it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from debros.rqlite.errors import StatementError
from debros.rqlite.types import ExecResult, Statement
from debros.tenants.idempotency.errors import KeysFull, KeyTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from debros.rqlite.client import RqliteClient

_ATTEMPT_BYTES = 12
# Fails, and its transaction with it, on a NOT NULL column that says why: `namespace` when that has too many records,
# `fingerprint` when the key is taken and not over yet.
_OPEN = """
    INSERT INTO _gw_idempotency(id, namespace, fingerprint, attempt, status, headers, body, claimed_at, expires_at)
    VALUES(
      ?,
      CASE WHEN NOT EXISTS (
        SELECT 1 FROM _gw_idempotency_use WHERE namespace = ? AND (records >= ? OR bytes >= ?)
      ) THEN ? END,
      ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT(id) DO UPDATE SET
      fingerprint = CASE WHEN expires_at <= excluded.claimed_at THEN excluded.fingerprint END,
      attempt = excluded.attempt, status = excluded.status, headers = excluded.headers, body = excluded.body,
      claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
"""
_TAKEN = "_gw_idempotency.fingerprint"
_FULL = "_gw_idempotency.namespace"
# SQLite's own counts of the statement before, which is the caller's; the same that rqlite reports.
_COUNT = "UPDATE _gw_idempotency SET body = printf(body, {changed}, {inserted}) WHERE id = ?"
_REFUSE = "UPDATE _gw_idempotency SET status = ?, headers = ?, body = ? WHERE id = ? AND changes() {how} 0"
_FINISH = "UPDATE _gw_idempotency SET status = ?, headers = ?, body = ? WHERE id = ? AND attempt = ? AND status IS NULL"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept.

    Attributes:
        records: Of one namespace at once.
        total_bytes: Of the answers of one namespace; the last one may go beyond it.
        answer_bytes: Of one answer's body; a larger one is not kept, only that there was one.
        lifetime: Milliseconds that a record holds.
    """

    records: int
    total_bytes: int
    answer_bytes: int = 64 * 1024
    lifetime: int = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of HTTP; `body` None when it was too large to be kept."""

    status: int
    body: str | None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Claim:
    """A key, claimed for one attempt of one request.

    Attributes:
        id: Digest of who, what route and which key.
        namespace: Whose.
        fingerprint: Digest of the request.
        now: Milliseconds since 1970, by this gateway's clock.
        bounds: How much is kept.
        patience: Milliseconds after which a first request without an answer is not under way any more.
        refusing: The answer for a refusal of ours that only the write itself decides.
        expected: The answer if the write succeeds, as far as it is known before; None: it is stored afterwards.
        counted: `expected` has two `%d`, for the rows changed and the row id inserted.
        render: Makes `expected` from what the store has made; see `expect`.
        committed: The claim is in the database, and with it the write.
    """

    id: str
    namespace: str
    fingerprint: str
    now: int
    bounds: Bounds
    patience: int
    refusing: Callable[[Exception], Answer]
    expected: Answer | None = None
    counted: bool = False
    render: Callable[[Any], Answer] | None = None
    committed: bool = False
    _attempt: str = field(default_factory=lambda: secrets.token_urlsafe(_ATTEMPT_BYTES))

    def expect(self, made: object) -> None:
        """Set the expected answer from what is about to be stored."""
        if self.render is not None:
            self.expected = self.render(made)

    async def transaction(
        self, client: RqliteClient, statements: Sequence[Statement], after: Sequence[Statement] = ()
    ) -> list[ExecResult]:
        """Run writes together with the claim; all of it or nothing. Errors count from the first of `statements`.

        Args:
            client: The database.
            statements: The writes.
            after: Statements of this claim, behind them.

        Raises:
            KeyTaken, KeysFull: The key cannot be claimed; nothing was applied.
            RqliteError: As of `RqliteClient.transaction`.
        """
        try:
            done = await client.transaction([self._opening(self.expected), *statements, *after])
        except StatementError as error:
            raise self._sorted(error) from None
        self.committed = True
        return done[1 : len(statements) + 1]

    async def record(self, client: RqliteClient, answer: Answer | None) -> None:
        """Claim the key by itself: with the answer of what changed nothing, or None before it is known.

        Raises:
            KeyTaken, KeysFull: It cannot be claimed.
            RqliteError: The database does not take it, or its answer was lost.
        """
        try:
            await client.execute(self._opening(answer))
        except StatementError as error:
            raise self._sorted(error) from None
        self.expected, self.committed = answer, True

    async def finish(self, client: RqliteClient, answer: Answer) -> None:
        """Store the answer of a write that was claimed without one.

        Raises:
            RqliteError: The database does not take it.
        """
        await client.execute(Statement(_FINISH, (*self._row(answer), self.id, self._attempt), verbatim=True))

    def count(self, *, changes: bool, inserts: bool) -> Statement:
        """Return what puts into the answer what the statement before it has changed."""
        changed = "changes()" if changes else "0"
        inserted = "CASE WHEN changes() > 0 THEN last_insert_rowid() ELSE 0 END" if inserts else "0"
        return Statement(_COUNT.format(changed=changed, inserted=inserted), (self.id,), verbatim=True)

    def refuse(self, error: Exception, *, when_changed: bool) -> Statement:
        """Return what makes `error` the answer when the statement before it has changed something, or has not."""
        text = _REFUSE.format(how=">" if when_changed else "=")
        return Statement(text, (*self._row(self.refusing(error)), self.id), verbatim=True)

    def _opening(self, answer: Answer | None) -> Statement:
        bounds = self.bounds
        return Statement(
            _OPEN,
            (
                self.id,
                self.namespace,
                bounds.records,
                bounds.total_bytes,
                self.namespace,
                self.fingerprint,
                self._attempt,
                *self._row(answer),
                self.now,
                self.now + bounds.lifetime,
            ),
            verbatim=True,
        )

    def _row(self, answer: Answer | None) -> tuple[int | None, str, str | None]:
        if answer is None:
            return None, "{}", None
        kept = answer.body is not None and len(answer.body.encode()) <= self.bounds.answer_bytes
        return answer.status, orjson.dumps(dict(answer.headers)).decode(), answer.body if kept else None

    @staticmethod
    def _sorted(error: StatementError) -> Exception:
        if error.index == 0 and _TAKEN in error.message:
            return KeyTaken()
        if error.index == 0 and _FULL in error.message:
            return KeysFull()
        return type(error)(error.message, None if error.index is None else max(error.index - 1, 0))
