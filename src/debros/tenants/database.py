"""A tenant's database: every statement is checked, then run; refusals speak of the tenant's own statement."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import RqliteError, StatementError, TooLarge
from debros.rqlite.types import ExecResult, Level, QueryResult, Statement, Value
from debros.tenants.errors import SqlRefused, StatementFailed, TenantError, TooMuch
from debros.tenants.names import check_table
from debros.tenants.sql import arguments, guard, schema
from debros.tenants.sql.vocabulary import CHANGE_WORDS, INSERT_WORDS

_USE_LIMIT = "ask for less with LIMIT and OFFSET"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may ask for: rows of a result, bytes of a statement's text, statements of a transaction."""

    rows: int
    sql_bytes: int
    statements: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a transaction, before it was checked."""

    sql: str
    args: Sequence[Value]
    reads: bool


class TenantDatabase:
    """SQL for one namespace."""

    def __init__(self, client: RqliteClient, limits: Limits) -> None:
        self._client = client
        self._limits = limits

    async def execute(self, sql: str, args: Sequence[Value] = ()) -> ExecResult:
        """Run one write.

        Raises:
            SqlRefused: The statement may not run here, or SQLite refused it (StatementFailed).
            RqliteError: The database cannot take it.
        """
        checked = guard.write(self._sized(sql))
        statement = Statement(checked.sql, arguments.check(args))
        with _sqlite_errors():
            return _own_figures(checked.keyword, await self._client.execute(statement))

    async def query(self, sql: str, args: Sequence[Value] = (), level: Level = Level.WEAK) -> QueryResult:
        """Run one read.

        Raises:
            SqlRefused: The statement may not run here, or SQLite refused it (StatementFailed).
            TooMuch: The result has too many rows or bytes.
            RqliteError: The database cannot answer.
        """
        statement = Statement(guard.read(self._sized(sql)).sql, arguments.check(args))
        with _sqlite_errors():
            return self._bounded(await self._client.query(statement, level))

    async def transaction(
        self, operations: Sequence[Operation], *, results: bool
    ) -> list[ExecResult | QueryResult | TenantError]:
        """Apply all writes or none; with `results` return one result per operation, in order.

        Reads may stand before the first write (they see the state before it) or after the last (they see the
        state after it). They are answered outside the transaction itself, because no rqlite API rolls back
        reliably when a read in a transaction fails; a read between two writes is therefore refused. When a read after
        the writes fails in spite of all checks, its error stands in its place: the writes are applied by then, and an
        error for the whole would say that they are not.

        Raises:
            SqlRefused: An operation may not run here or SQLite refused it; nothing was applied, `index` says which.
            TooMuch: Too many operations, or a result too large.
            RqliteError: The database cannot take it.
        """
        if len(operations) > self._limits.statements:
            raise TooMuch(
                "too_many_statements",
                f"a transaction of {len(operations)} statements; at most {self._limits.statements} are allowed",
            )
        checked = [self._checked(position, operation) for position, operation in enumerate(operations)]
        statements = [statement for _, statement in checked]
        writes = [position for position, operation in enumerate(operations) if not operation.reads]
        first, last = (writes[0], writes[-1] + 1) if writes else (len(operations), len(operations))
        for position in range(first, last):
            if operations[position].reads:
                raise SqlRefused(
                    "read_between_writes", "a query between two writes; put it before or after all of them", position
                )
        await self._prepare(statements, range(last, len(statements)))
        before = [await self._read(statements, position) for position in range(first)] if results else []
        with _sqlite_errors(offset=first):
            changed = await self._client.transaction(statements[first:last]) if writes else []
        after = [
            await self._read_late(statements, position)
            for position in (range(last, len(statements)) if results else ())
        ]
        verbs = [verb for verb, _ in checked[first:last]]
        own = [_own_figures(verb, result) for verb, result in zip(verbs, changed, strict=True)]
        return [*before, *own, *after] if results else []

    async def schema(self) -> list[schema.Table]:
        """Return the tables and views in order of names.

        Raises:
            RqliteError: The database cannot answer.
        """
        return await schema.load(self._client)

    async def create(self, sql: str) -> None:
        """Run one CREATE statement.

        Raises:
            SqlRefused: It is something else, may not run here, or SQLite refused it (StatementFailed).
            RqliteError: The database cannot take it.
        """
        statement = Statement(guard.create(self._sized(sql)).sql)
        with _sqlite_errors():
            await self._client.execute(statement)

    async def drop_table(self, table: str) -> None:
        """Drop one table.

        Raises:
            InvalidName: The name is not an identifier.
            SqlRefused: The name is reserved, or there is no such table (StatementFailed).
            RqliteError: The database cannot take it.
        """
        await self.execute(f'DROP TABLE "{check_table(table)}"')

    def _sized(self, sql: str) -> str:
        size = len(sql.encode())
        if size > self._limits.sql_bytes:
            raise TooMuch(
                "sql_too_long",
                f"the SQL text is {size} bytes long; at most {self._limits.sql_bytes} are allowed; "
                "pass values as parameters in args",
            )
        return sql

    def _checked(self, position: int, operation: Operation) -> tuple[str, Statement]:
        check = guard.read if operation.reads else guard.write
        try:
            checked = check(self._sized(operation.sql))
            return checked.keyword, Statement(checked.sql, arguments.check(operation.args))
        except SqlRefused as error:
            raise SqlRefused(error.code, error.message, position) from None

    async def _prepare(self, statements: Sequence[Statement], positions: range) -> None:
        """Have SQLite compile the reads that follow the writes, so that a wrong one stops all of it beforehand."""
        for position in positions:
            with _sqlite_errors(offset=position):
                await self._client.query(Statement(f"EXPLAIN {statements[position].sql}", statements[position].args))

    async def _read(self, statements: Sequence[Statement], position: int) -> QueryResult:
        with _sqlite_errors(offset=position):
            return self._bounded(await self._client.query(statements[position]))

    async def _read_late(self, statements: Sequence[Statement], position: int) -> QueryResult | TenantError:
        """Read after the writes were applied; a failure is returned, not raised."""
        try:
            return await self._read(statements, position)
        except TenantError as error:
            return error
        except RqliteError:
            return TenantError(
                "read_failed", f"index {position}: the database did not answer this read; repeat it alone"
            )

    def _bounded(self, result: QueryResult) -> QueryResult:
        if len(result.values) > self._limits.rows:
            raise TooMuch(
                "result_too_large", f"the result has {len(result.values)} rows, over {self._limits.rows}; {_USE_LIMIT}"
            )
        return result


def _own_figures(verb: str, result: ExecResult) -> ExecResult:
    """Return the result without what rqlite reports of the statements before it, which may be another caller's.

    All callers share rqlite's one write connection; only an INSERT sets its last row id, only a change its row count.
    """
    if verb in INSERT_WORDS:
        return result
    return replace(result, last_insert_id=0, rows_affected=result.rows_affected if verb in CHANGE_WORDS else 0)


@contextmanager
def _sqlite_errors(offset: int | None = None) -> Iterator[None]:
    """Say in the tenant's terms what rqlite answered; `offset` is the first statement's place in a transaction."""
    try:
        yield
    except StatementError as error:
        place = None if offset is None else offset + (error.index or 0)
        raise StatementFailed(error.message, place) from None
    except TooLarge:
        raise TooMuch("result_too_large", f"the result has too many bytes; {_USE_LIMIT}") from None
