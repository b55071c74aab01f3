"""The corpus of honest statements, and what plain SQLite makes of each."""

from pathlib import Path
from typing import Any, NamedTuple

import apsw

from debros.rqlite.sqltext import Kind, split_statements, tokens

SCRIPTS = sorted((Path(__file__).parents[2] / "unit" / "tenants" / "sql" / "corpus").glob("*.sql"))


class Outcome(NamedTuple):
    """Columns and rows of a statement, or SQLite's error; and whether it only reads."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    error: str = ""
    reads: bool = False


def statements(path: Path) -> list[str]:
    """Return the statements of a script."""
    return [statement.sql for statement in split_statements(path.read_text())]


def values(sql: str) -> tuple[Any, ...]:
    """Return values for the parameters of a statement of the corpus."""
    named = {token.text for token in tokens(sql) if token.kind is Kind.PARAM and token.text != "?"}
    return tuple(range(100, 100 + len(named) + sql.count("?") - sum(text[0] == "?" for text in named)))


def plain() -> apsw.Connection:
    """Return SQLite as one would have it alone, but for double quotes around texts."""
    connection = apsw.Connection(":memory:")
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    return connection


def alone(connection: apsw.Connection, sql: str) -> Outcome:
    """Return what plain SQLite makes of a statement."""
    columns: list[str] = []
    reads = False

    def look(this: apsw.Cursor, _sql: str, _args: Any) -> bool:
        nonlocal reads
        columns.extend(column[0] for column in this.get_description())
        reads = this.is_readonly
        return True

    try:
        cursor = connection.cursor()
        cursor.exec_trace = look
        rows = tuple(cursor.execute(sql, values(sql)))
    except apsw.Error as error:
        return Outcome(error=str(error), reads=reads)
    return Outcome(tuple(columns), rows, reads=reads)
