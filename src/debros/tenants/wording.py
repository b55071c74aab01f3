"""What the database answered, in the tenant's terms and names."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from debros.rqlite.errors import StatementError, TooLarge
from debros.tenants.errors import SqlRefused, StatementFailed, TooMuch
from debros.tenants.limits import USE_LIMIT
from debros.tenants.sql import exact
from debros.tenants.sql.vocabulary import CHANGE_WORDS, INSERT_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from debros.rqlite.types import ExecResult
    from debros.tenants.schemas import Schema
    from debros.tenants.sql.plan import Plan

_OF_THE_SCHEMA = frozenset({"sql_error", "sql_refused", "too_many_tables"})


class Outdated(SqlRefused):
    """The remembered schema is not the database's any more."""

    def __init__(self) -> None:
        super().__init__("sql_refused", "the schema has changed")


def may_be_outdated(error: SqlRefused) -> bool:
    """Tell whether a statement may fail only because the remembered schema is old; not when its values are wrong."""
    return error.code in _OF_THE_SCHEMA and "constraint failed" not in error.message


def own_columns(schema: Schema, plan: Plan, columns: list[str]) -> list[str]:
    """Return the names of a result's columns as the tenant's own database would give them."""
    if len(columns) == len(plan.columns):
        return list(plan.columns)
    return [schema.isolation.own_words(column) for column in columns]


def own_result(schema: Schema, plan: Plan, result: ExecResult) -> ExecResult:
    """Return the result without what rqlite reports of the statements before it, which may be another caller's.

    All callers share rqlite's one write connection. Only an INSERT sets its last row id, and only when it inserts (see
    `Plan.blind` for those that may not); only a change sets its row count.
    """
    columns = own_columns(schema, plan, result.columns) if result.columns else []
    # rqlite counts nothing where it gives rows back; RETURNING gives one for each row that was changed.
    changed = len(result.values) if columns else result.rows_affected if plan.keyword in CHANGE_WORDS else 0
    inserted = result.last_insert_id if plan.keyword in INSERT_WORDS and changed else 0
    if not columns and (inserted, changed) == (result.last_insert_id, result.rows_affected):
        return result
    rows = exact.unmarked(result.values, plan.doubtful) if plan.doubtful else result.values
    return replace(result, columns=columns, values=rows, last_insert_id=inserted, rows_affected=changed)


@contextmanager
def at(position: int) -> Iterator[None]:
    """Say of which operation of a transaction a refusal speaks."""
    try:
        yield
    except SqlRefused as error:
        raise error.at(position) from None


class database_errors:  # noqa: N801 - used like a function; a class, because generators take four times as long
    """Say in the tenant's terms what rqlite answered.

    Args:
        schema: Whose names are in it.
        offset: The first statement's place in the caller's transaction.
        before: How many statements of ours go before it.
    """

    __slots__ = ("_before", "_offset", "_schema")

    def __init__(self, schema: Schema, offset: int | None = None, before: int = 0) -> None:
        self._schema = schema
        self._offset = offset
        self._before = before

    def __enter__(self) -> None:
        """Nothing happens before."""

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, StatementError):
            if self._schema.is_outdated(error):
                raise Outdated from None
            place = None if self._offset is None else self._offset + max((error.index or 0) - self._before, 0)
            raise StatementFailed(self._schema.isolation.own_words(error.message), place) from None
        if isinstance(error, TooLarge):
            raise TooMuch("result_too_large", f"the result has too many bytes; {USE_LIMIT}") from None
