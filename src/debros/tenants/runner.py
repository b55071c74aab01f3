"""Plans taken to the database, and their results back: one namespace's, and nothing it has not proved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from debros.rqlite.types import ExecResult, Level, QueryResult, Statement, Value
from debros.tenants.kinds import read_only
from debros.tenants.schemas import RESET_ROW_ID
from debros.tenants.sql import exact, template
from debros.tenants.sql.plan import Plan, StatementKind
from debros.tenants.sql.vocabulary import CHANGE_WORDS, INSERT_WORDS
from debros.tenants.wording import Outdated, database_errors, own_columns, own_result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debros.rqlite.client import RqliteClient
    from debros.rqlite.writes import Departure, Writes
    from debros.tenants.capacity import Capacity
    from debros.tenants.idempotency import Claim
    from debros.tenants.limits import Limits
    from debros.tenants.schemas import Schema, Schemas


class Runner:
    """Runs what was proved.

    Args:
        namespace: Whose.
        client: Where reads go, and writes that go alone.
        writes: Where single writes go that may share a request.
        schemas: What is remembered of the schemas.
        capacity: How large the database may become.
        limits: What one call may ask for.
    """

    def __init__(
        self,
        namespace: str,
        client: RqliteClient,
        writes: Writes,
        schemas: Schemas,
        capacity: Capacity,
        limits: Limits,
    ) -> None:
        self._namespace = namespace
        self._client = client
        self._writes = writes
        self._schemas = schemas
        self._capacity = capacity
        self._limits = limits

    async def write(
        self,
        schema: Schema,
        plan: Plan,
        args: Sequence[Value],
        departure: Departure | None = None,
        claim: Claim | None = None,
    ) -> ExecResult:
        """Run one write; one that still waits is not sent when `departure` says that the caller has gone.

        One with a claim goes alone, in one transaction with it.

        Raises:
            KeyTaken, KeysFull: The claim's key cannot be claimed; nothing was applied.
            SqlRefused: SQLite refused it, or the schema is another one by now.
            DatabaseFull: There is no room.
            RqliteError: The database cannot take it.
        """
        if plan.kind is StatementKind.DDL or plan.guarded or claim is not None:
            return (await self._together(schema, [plan], [args], None, claim))[0]
        self._check_room([plan])
        (statement,) = _statements([plan], [args])
        with database_errors(schema):
            before = RESET_ROW_ID if plan.blind else None
            if plan.shareable:
                result = await self._writes.execute(self._namespace, statement, departure, before=before)
            else:
                result = await self._client.execute(statement, before)
        return own_result(schema, plan, result)

    async def write_all(
        self,
        schema: Schema,
        plans: Sequence[Plan],
        args: Sequence[Sequence[Value]],
        first: int,
        claim: Claim | None = None,
    ) -> list[ExecResult]:
        """Run writes as one transaction, with the claim in it; `first` is the place of the first one in the caller's.

        Raises:
            KeyTaken, KeysFull: The claim's key cannot be claimed; nothing was applied.
            SqlRefused: SQLite refused one (`index` says which), or the schema is another one by now.
            DatabaseFull: There is no room.
            RqliteError: The database cannot take it.
        """
        return await self._together(schema, plans, args, first, claim)

    async def read(
        self, schema: Schema, plan: Plan, sql: str, args: Sequence[Value], level: Level = Level.WEAK
    ) -> QueryResult:
        """Run one read.

        Raises:
            SqlRefused: SQLite refused it, or the schema is another one by now.
            TooMuch: The result is too large.
            RqliteError: The database cannot answer.
        """
        if plan.kind is StatementKind.CATALOGUE:
            fresh = await self._schemas.fresh(self._namespace)
            if fresh.version != schema.version:
                read_only(fresh.isolation.plan(sql))
            return self._limits.bounded(fresh.isolation.ask(sql, args, max_rows=self._limits.rows + 1))
        if plan.doubtful:
            return self._limits.bounded(await self._read_exactly(schema, plan, args, level))
        with database_errors(schema):
            result = await self._client.query(Statement(plan.text(), args), level)
        # Other columns: the schema has changed, or the SQLite there names an expression in another way.
        if tuple(result.columns) != plan.physical and await self._is_outdated(schema):
            raise Outdated
        return self._limits.bounded(replace(result, columns=own_columns(schema, plan, result.columns)))

    async def _read_exactly(self, schema: Schema, plan: Plan, args: Sequence[Value], level: Level) -> QueryResult:
        """Run a read whose values rqlite would change.

        Its columns have no names of their own that would tell of another schema, so the version comes along.
        """
        sql = exact.wrapped(plan.text(), len(plan.physical), plan.doubtful, schema.asked)
        with database_errors(schema):
            result = await self._client.query(Statement(sql, args), level)
        if result.values and result.values[0][-1] != schema.version and await self._is_outdated(schema):
            raise Outdated
        rows = exact.unmarked((row[:-1] for row in result.values), plan.doubtful)
        return QueryResult(list(plan.columns), result.types[:-1], rows)

    async def compile(self, schema: Schema, plan: Plan, args: Sequence[Value], position: int) -> None:
        """Have the database compile a read of a transaction without running it.

        Raises:
            SqlRefused: It cannot run; `index` is its position.
            RqliteError: The database cannot answer.
        """
        with database_errors(schema, position):
            await self._client.query(Statement(f"EXPLAIN {plan.text()}", args))

    async def _together(
        self,
        schema: Schema,
        plans: Sequence[Plan],
        args: Sequence[Sequence[Value]],
        first: int | None,
        claim: Claim | None,
    ) -> list[ExecResult]:
        self._check_room(plans)
        statements = _statements(plans, args)
        defines = any(plan.kind is StatementKind.DDL for plan in plans)
        after = _counting(claim, schema, plans) if claim is not None else []
        guarded = bool(after) or any(plan.guarded for plan in plans)
        before = [schema.bump()] if defines else [schema.guard()] if guarded else []
        if any(plan.blind for plan in plans):
            before.append(RESET_ROW_ID)
        with database_errors(schema, first, len(before)):
            try:
                sent = [*before, *statements]
                if claim is None:
                    done = await self._client.transaction(sent)
                else:
                    done = await claim.transaction(self._client, sent, after)
            finally:
                if defines:  # also when the outcome is not known
                    self._schemas.forget(schema)
        return [own_result(schema, plan, result) for plan, result in zip(plans, done[len(before) :], strict=True)]

    def _check_room(self, plans: Sequence[Plan]) -> None:
        if any(plan.grows for plan in plans):
            self._capacity.check()

    async def _is_outdated(self, schema: Schema) -> bool:
        return (await self._schemas.fresh(self._namespace)).version != schema.version


def _counting(claim: Claim, schema: Schema, plans: Sequence[Plan]) -> list[Statement]:
    """Return what completes the answer in the claim, the same as `own_result` will.

    It cannot hold rows. And fts5 writes what it has held back when the next statement begins, which changes SQLite's
    counts; so where a schema has virtual tables, the answer is stored afterwards as well. The schema must be the one
    that was looked at.
    """
    if not claim.counted:
        return []
    (plan,) = plans
    if plan.columns or schema.isolation.shadow.facts.virtual:
        claim.expected = None
        return []
    return [claim.count(changes=plan.keyword in CHANGE_WORDS, inserts=plan.keyword in INSERT_WORDS)]


def _statements(plans: Sequence[Plan], args: Sequence[Sequence[Value]]) -> list[Statement]:
    """Return what is sent: time and randomness settled, the same moment for all."""
    now = template.present()
    return [
        Statement(plan.text(now), plan.arguments(values, now), verbatim=True)
        for plan, values in zip(plans, args, strict=True)
    ]
