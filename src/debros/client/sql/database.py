"""The namespace's tables. Every method raises DebrosError as errors.py tells; SqlError where the SQL is at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import msgspec

from debros.client.calls.keys import Idempotency, read, write
from debros.client.sql.operations import Operation, as_sent, operations
from debros.client.sql.parts import FindOptions, Level, found, selected
from debros.client.sql.results import (
    AnsweredOperation,
    AnsweredRows,
    ExecResult,
    ReadFailed,
    Row,
    Rows,
    Table,
    items_with_bytes,
)
from debros.client.sql.values import Value, statement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from debros.client.calls.caller import Caller
    from debros.client.calls.request import Request


class _Operations(msgspec.Struct):
    results: list[AnsweredOperation] = []


class _Found(msgspec.Struct):
    items: list[Row]


class _Tables(msgspec.Struct):
    tables: list[Table]


class Database:
    """SQL of one namespace.

    Writes carry an Idempotency-Key unless told otherwise, so that a lost answer is asked for again and the write made
    once. A keyed write has a commit of its own; where many small ones come together and each may fail for itself,
    `idempotency=False` lets them share commits.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def exec(
        self,
        sql: str,
        args: Sequence[Value] = (),
        *,
        blobs: Collection[str] = (),
        idempotency: Idempotency = True,
        timeout: float | None = None,
    ) -> ExecResult:
        """Run one write.

        Args:
            sql: One INSERT, UPDATE, DELETE, REPLACE or definition.
            args: The values of its `?`; bytes become a BLOB.
            blobs: Columns of a RETURNING clause to be given as bytes.
            idempotency: True: with a key of the client's; a text: with this key; False: without.
            timeout: Seconds; None for the client's.
        """
        request = write("/v1/rqlite/exec", statement(sql, args), idempotency=idempotency)
        answer = (await self._caller.call(request, timeout)).decode(AnsweredOperation)
        return ExecResult(answer.rows_affected or 0, answer.last_insert_id, answer.result(blobs))

    async def query(
        self,
        sql: str,
        args: Sequence[Value] = (),
        *,
        level: Level = "weak",
        blobs: Collection[str] = (),
        timeout: float | None = None,
    ) -> Rows:
        """Run one read.

        Args:
            sql: One statement that only reads.
            args: The values of its `?`.
            level: Its consistency.
            blobs: Columns to be given as bytes; a BLOB is base64 text otherwise, which nothing tells from other text.
            timeout: Seconds; None for the client's.
        """
        body = {**statement(sql, args), "level": level}
        request = read("POST", "/v1/rqlite/query", body, query={"shape": "rows"})
        return (await self._caller.call(request, timeout)).decode(AnsweredRows).result(blobs)

    async def transaction(
        self,
        ops: Sequence[Operation | str],
        *,
        results: bool = False,
        idempotency: Idempotency = True,
        timeout: float | None = None,
    ) -> list[ExecResult | Rows | ReadFailed]:
        """Apply several operations or none of them.

        Args:
            ops: `Write` and `Read`, or texts without values.
            results: Return what each has given; else the list is empty.
            idempotency: As for `exec`.
            timeout: Seconds; None for the client's.

        Raises:
            SqlError: Nothing was applied; `index` says which operation is at fault.
        """
        given = operations(ops)
        body = {"ops": [as_sent(one) for one in given], "return_results": results}
        request = write("/v1/rqlite/transaction", body, idempotency=idempotency)
        answer = (await self._caller.call(request, timeout)).decode(_Operations)
        return [one_result.outcome(one.blobs) for one, one_result in zip(given, answer.results, strict=False)]

    async def create_table(self, schema: str, *, idempotency: Idempotency = True, timeout: float | None = None) -> None:
        """Run one CREATE statement, of a table, view, index or trigger."""
        await self._caller.call(write("/v1/rqlite/create-table", {"schema": schema}, idempotency=idempotency), timeout)

    async def drop_table(self, table: str, *, idempotency: Idempotency = True, timeout: float | None = None) -> None:
        """Drop one table."""
        await self._caller.call(write("/v1/rqlite/drop-table", {"table": table}, idempotency=idempotency), timeout)

    async def schema(self, *, timeout: float | None = None) -> list[Table]:
        """Return the tables and views of the namespace, in order of names."""
        return (await self._caller.call(read("GET", "/v1/rqlite/schema"), timeout)).decode(_Tables).tables

    async def find(
        self, table: str, criteria: Mapping[str, Any] | None = None, **options: Unpack[FindOptions]
    ) -> list[Row]:
        """Return the rows of a table that meet conditions.

        Args:
            table: Its name, perhaps with an alias.
            criteria: By column: a value, None for IS NULL, a list for one of its values. All of them must hold.
            options: `select`, `joins`, `where`, `group_by`, `order_by`, `limit`, `offset`, `level`, `blobs`, `timeout`.
        """
        return await self._items(read("POST", "/v1/rqlite/find", found(table, criteria, options)), options)

    async def find_one(
        self, table: str, criteria: Mapping[str, Any] | None = None, **options: Unpack[FindOptions]
    ) -> Row | None:
        """Return the first row that meets conditions; None when none does. See `find`."""
        wanted: FindOptions = {**options, "limit": 1}
        rows = await self.find(table, criteria, **wanted)
        return rows[0] if rows else None

    async def select(self, table: str, **options: Unpack[FindOptions]) -> list[Row]:
        """Return rows of a table and those joined to it. See `find`; values belong into `where`."""
        return await self._items(read("POST", "/v1/rqlite/select", selected(table, options)), options)

    async def select_one(self, table: str, **options: Unpack[FindOptions]) -> Row | None:
        """Return the first row; None when there is none. See `select`."""
        wanted: FindOptions = {**options, "limit": 1}
        rows = await self.select(table, **wanted)
        return rows[0] if rows else None

    async def _items(self, request: Request, options: FindOptions) -> list[Row]:
        answer = await self._caller.call(request, options.get("timeout"))
        return items_with_bytes(answer.decode(_Found).items, options.get("blobs", ()))
