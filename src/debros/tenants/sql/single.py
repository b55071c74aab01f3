"""One statement out of a text."""

from __future__ import annotations

from debros.rqlite.sqltext import SplitStatement, SqlTextError, split_statements
from debros.tenants.errors import SqlRefused


def single(sql: str) -> SplitStatement:
    """Return the one statement of a text.

    Raises:
        SqlRefused: There is none, there are several, or it is no SQL.
    """
    try:
        sql.encode()
        statements = split_statements(sql)
    except UnicodeEncodeError:
        raise SqlRefused("sql_error", "the SQL text is not valid Unicode: it holds half of a surrogate pair") from None
    except SqlTextError as error:
        raise SqlRefused("sql_error", f"the SQL text cannot be read: {error}") from None
    if len(statements) != 1:
        raise SqlRefused(
            "sql_refused", f"expected exactly one SQL statement, got {len(statements)}; use the transaction route"
        )
    return statements[0]
