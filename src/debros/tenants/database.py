"""A tenant's database: every statement is proved, then run; results and refusals speak in the tenant's own names."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from debros.rqlite.types import ExecResult, Level, QueryResult, Value
from debros.tenants.errors import SchemaBusy, SqlRefused
from debros.tenants.kinds import planned_read, written
from debros.tenants.names import check_table
from debros.tenants.runner import Runner
from debros.tenants.sql import arguments, listing
from debros.tenants.transactions import Transactions
from debros.tenants.wording import at, may_be_outdated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from debros.rqlite.client import RqliteClient
    from debros.rqlite.writes import Departure, Writes
    from debros.tenants.capacity import Capacity
    from debros.tenants.idempotency import Claim
    from debros.tenants.limits import Limits
    from debros.tenants.schemas import Schema, Schemas
    from debros.tenants.transactions import Operation, Result

T = TypeVar("T")

# Other gateways may define something between our look at the schema and our transaction; so often is no chance.
_ATTEMPTS = 5


class TenantDatabase:
    """SQL for one namespace."""

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
        self._schemas = schemas
        self._limits = limits
        self._runner = Runner(namespace, client, writes, schemas, capacity, limits)
        self._transactions = Transactions(namespace, self._runner, schemas)

    async def execute(
        self,
        sql: str,
        args: Sequence[Value] = (),
        departure: Departure | None = None,
        claim: Claim | None = None,
    ) -> ExecResult:
        """Run one write.

        Args:
            sql: The statement.
            args: Its parameters.
            departure: Who says that the caller has gone away; a write that still waits is not sent then.
            claim: The key that is claimed together with the write.

        Raises:
            KeyTaken, KeysFull: The key cannot be claimed; nothing was applied.
            SqlRefused: The statement may not run here, or SQLite refused it (StatementFailed).
            TenantError: There is no such namespace yet, or no room.
            RqliteError: The database cannot take it.
        """
        arguments.check(args)
        self._limits.check_text(sql)

        async def attempt(schema: Schema) -> ExecResult:
            return await self._runner.write(schema, written(schema.isolation.plan(sql)), args, departure, claim)

        return await self._with_schema(attempt)

    async def query(self, sql: str, args: Sequence[Value] = (), level: Level = Level.WEAK) -> QueryResult:
        """Run one read.

        Raises:
            SqlRefused: The statement may not run here, or SQLite refused it (StatementFailed).
            TooMuch: The result has too many rows or bytes.
            TenantError: There is no such namespace yet.
            RqliteError: The database cannot answer.
        """
        arguments.check(args)
        self._limits.check_text(sql)

        async def attempt(schema: Schema) -> QueryResult:
            return await self._runner.read(schema, planned_read(schema, sql), sql, args, level)

        return await self._with_schema(attempt)

    async def transaction(
        self, operations: Sequence[Operation], *, results: bool, claim: Claim | None = None
    ) -> list[Result]:
        """Apply all writes or none; with `results` return one result per operation, in order.

        Reads may stand before the first write (they see the state before it) or after the last (they see the
        state after it). They are answered outside the transaction itself, because no rqlite API rolls back
        reliably when a read in a transaction fails; a read between two writes is therefore refused. When a read after
        the writes fails in spite of all checks, its error stands in its place: the writes are applied by then, and an
        error for the whole would say that they are not. A `claim` is made in the same transaction as the writes.

        Raises:
            KeyTaken, KeysFull: The claim's key cannot be claimed; nothing was applied.
            SqlRefused: An operation may not run here or SQLite refused it; nothing was applied, `index` says which.
            TooMuch: Too many operations, or a result too large.
            TenantError: There is no such namespace yet, or no room.
            RqliteError: The database cannot take it.
        """
        self._limits.check_count(len(operations))
        for position, operation in enumerate(operations):
            with at(position):
                arguments.check(operation.args)
                self._limits.check_text(operation.sql)

        async def attempt(schema: Schema) -> list[Result]:
            return await self._transactions.run(schema, operations, results=results, claim=claim)

        return await self._with_schema(attempt) if operations else []

    async def schema(self) -> list[listing.Table]:
        """Return the tables and views in order of names.

        Raises:
            TenantError: There is no such namespace yet.
            RqliteError: The database cannot answer.
        """
        return listing.tables((await self._schemas.fresh(self._namespace)).isolation.shadow)

    async def create(self, sql: str, claim: Claim | None = None) -> None:
        """Run one CREATE statement, and make the claim with it.

        Raises:
            KeyTaken, KeysFull: The claim's key cannot be claimed; nothing was applied.
            SqlRefused: It is something else, may not run here, or SQLite refused it (StatementFailed).
            TenantError: There is no such namespace yet, or no room.
            RqliteError: The database cannot take it.
        """
        self._limits.check_text(sql)

        async def attempt(schema: Schema) -> None:
            verb = schema.isolation.verb(sql)
            if verb != "CREATE":
                raise SqlRefused("not_a_create", f"expected a CREATE statement, got {verb}")
            await self._runner.write(schema, schema.isolation.plan(sql), (), claim=claim)

        await self._with_schema(attempt)

    async def drop_table(self, table: str, claim: Claim | None = None) -> None:
        """Drop one table, and make the claim with it.

        Raises:
            KeyTaken, KeysFull: The claim's key cannot be claimed; nothing was applied.
            InvalidName: The name is not an identifier.
            SqlRefused: The name is reserved, or there is no such table (StatementFailed).
            TenantError: There is no such namespace yet.
            RqliteError: The database cannot take it.
        """
        await self.execute(f'DROP TABLE "{check_table(table)}"', claim=claim)

    # --- the schema

    async def _with_schema(self, attempt: Callable[[Schema], Awaitable[T]]) -> T:
        """Try with the schema as it is remembered; when that fails and the schema has changed, with the new one.

        Trying again is safe: a statement that fails has changed nothing, and a transaction is all or nothing.
        """
        schema = await self._schemas.current(self._namespace)
        for _ in range(_ATTEMPTS):
            try:
                return await attempt(schema)
            except SqlRefused as error:
                fresh = await self._schemas.fresh(self._namespace) if may_be_outdated(error) else schema
                if fresh.version == schema.version:
                    raise
                schema = fresh
        raise SchemaBusy
