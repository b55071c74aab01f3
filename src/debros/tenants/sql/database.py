"""An empty SQLite in memory, bounded in everything, on which statements are compiled and hardly ever run.

SQLite's own parser and name resolution are the judges; the database holds a schema and no rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from debros.tenants.sql.policy import Policy

MEBIBYTE = 1024 * 1024
# https://www.sqlite.org/limits.html; longer than what the gateway takes, so that its own limits speak first.
_LIMITS = {
    apsw.SQLITE_LIMIT_ATTACHED: 0,
    apsw.SQLITE_LIMIT_LENGTH: 16 * MEBIBYTE,
    apsw.SQLITE_LIMIT_SQL_LENGTH: 16 * MEBIBYTE,
    apsw.SQLITE_LIMIT_EXPR_DEPTH: 1000,
    apsw.SQLITE_LIMIT_COMPOUND_SELECT: 500,
    apsw.SQLITE_LIMIT_VARIABLE_NUMBER: 32766,
    apsw.SQLITE_LIMIT_TRIGGER_DEPTH: 100,
    apsw.SQLITE_LIMIT_WORKER_THREADS: 0,
}
# Off: a text in double quotes would be a text, and a misspelt name no error. The others: nothing writes to the schema
# table behind the back of CREATE, and no view calls what only we may.
_SWITCHES = {
    apsw.SQLITE_DBCONFIG_DQS_DML: 0,
    apsw.SQLITE_DBCONFIG_DQS_DDL: 0,
    apsw.SQLITE_DBCONFIG_DEFENSIVE: 1,
    apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA: 0,
}
# Steps of SQLite's virtual machine for what does run here: DDL on no rows, questions about the schema. Some 20 ms.
_STEP = 10_000
_MAX_STEPS = 100 * _STEP


class Refused(Exception):  # noqa: N818 - names say what happened
    """SQLite does not compile or run a statement.

    Attributes:
        denied: It was not allowed to, rather than not able to.
    """

    def __init__(self, message: str, *, denied: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.denied = denied


@dataclass(frozen=True, slots=True)
class Compiled:
    """What SQLite makes of a statement.

    Attributes:
        length: How many characters of the text belong to it.
        readonly: It changes nothing.
        columns: Names of its result's columns.
        declared: Their declared types, "" where there is none.
        parameters: Largest number of a parameter.
        empty: There is no statement in the text.
    """

    length: int
    readonly: bool
    columns: tuple[str, ...]
    declared: tuple[str, ...]
    parameters: int
    empty: bool


class Column(NamedTuple):
    """A row of PRAGMA table_xinfo; `hidden` is 1 for a virtual table's own, 2 and 3 for generated ones."""

    name: str
    type: str | None
    notnull: int
    default: str | None
    pk: int
    hidden: int


class Database:
    """One SQLite in memory."""

    def __init__(self) -> None:
        self._connection = apsw.Connection(":memory:")
        # Schemas are small and many: small pages save memory.
        self._connection.execute("PRAGMA page_size = 1024")
        for limit, value in _LIMITS.items():
            self._connection.limit(limit, value)
        for switch, value in _SWITCHES.items():
            self._connection.config(switch, value)
        self._steps = 0

    def close(self) -> None:
        """Give the memory back."""
        self._connection.close()

    def compile(self, sql: str, policy: Policy) -> Compiled:
        """Compile the first statement of a text and run nothing.

        Raises:
            Refused: SQLite or the policy says no.
        """
        found: list[Compiled] = []

        def look(cursor: apsw.Cursor, text: str, _bindings: Any) -> bool:
            described = cursor.get_description()
            names, types = tuple(column[0] for column in described), tuple(column[1] or "" for column in described)
            found.append(
                Compiled(len(text), cursor.is_readonly, names, types, cursor.bindings_count, not cursor.has_vdbe)
            )
            return False  # do not run it

        cursor = self._connection.cursor()
        cursor.exec_trace = look
        self._connection.authorizer = policy.authorizer
        try:
            # The bindings of apsw.ext.query_info: any number of parameters, none bound.
            cursor.execute(sql, apsw._null_bindings, can_cache=False)  # type: ignore[attr-defined]  # noqa: SLF001
        except apsw.ExecTraceAbort:
            return found[0]
        except apsw.AuthError:
            raise Refused(policy.refusal(), denied=True) from None
        except apsw.Error as error:
            raise _refused(error, policy) from None
        finally:
            self._connection.authorizer = None
        return Compiled(len(sql), readonly=True, columns=(), declared=(), parameters=0, empty=True)

    def run(
        self, sql: str, policy: Policy | None = None, args: Sequence[Any] = (), max_rows: int = 0
    ) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        """Run a statement; return the columns (name, declared type) and at most `max_rows` rows of its result.

        Raises:
            Refused: SQLite or the policy says no, or it takes too many steps.
        """
        columns: list[tuple[str, str]] = []

        def look(cursor: apsw.Cursor, _text: str, _bindings: Any) -> bool:
            columns[:] = [(column[0], column[1] or "") for column in cursor.get_description()]
            return True

        self._steps = 0
        cursor = self._connection.cursor()
        cursor.exec_trace = look
        self._connection.authorizer = policy.authorizer if policy else None
        self._connection.set_progress_handler(self._step, _STEP)
        try:
            return columns, list(islice(cursor.execute(sql, tuple(args), can_cache=False), max_rows))
        except apsw.InterruptError:
            raise Refused("it takes too many steps", denied=True) from None
        except apsw.AuthError:
            raise Refused(policy.refusal() if policy else "not authorized", denied=True) from None
        except apsw.Error as error:
            raise _refused(error, policy) from None
        finally:
            self._connection.authorizer = None
            self._connection.set_progress_handler(None)

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Run a statement of our own."""
        yield from self._connection.execute(sql)

    def columns(self, table: str) -> list[Column]:
        """Return the columns of a table or view; none when a view does not compile.

        The PRAGMA itself, not its function: a tenant may have a table that is called like the function.
        """
        name = table.replace('"', '""')
        try:
            return [Column(*row[1:]) for row in self.rows(f'PRAGMA main.table_xinfo("{name}")')]
        except apsw.Error:
            return []

    def _step(self) -> bool:
        self._steps += _STEP
        return self._steps > _MAX_STEPS


def _refused(error: apsw.Error, policy: Policy | None) -> Refused:
    """Return our exception; a denial inside (a trigger's, an fts5 table's) comes as an error of another class."""
    if policy is not None and policy.denied is not None:
        return Refused(policy.refusal(), denied=True)
    return Refused(str(error))
