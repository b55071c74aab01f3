"""Questions about the schema: sqlite_master, PRAGMA table_info and the like, EXPLAIN.

The shadow knows the answers in the tenant's own names, and knows nobody else's; so no database is asked.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from debros.rqlite.sqltext import Kind, Token, first_keyword
from debros.rqlite.types import QueryResult
from debros.tenants.errors import SqlRefused
from debros.tenants.sql.database import Refused
from debros.tenants.sql.policy import Policy
from debros.tenants.sql.vocabulary import PRAGMAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debros.tenants.sql.grammar.roles import Roles
    from debros.tenants.sql.shadow import Shadow


def check_query(roles: Roles) -> None:
    """Refuse a query that asks for the schema and for rows at the same time.

    Raises:
        SqlRefused: It reads a table beside the catalogue, or is no SELECT.
    """
    if roles.verb not in {"SELECT", "VALUES"}:
        raise SqlRefused("sql_refused", "sqlite_master can only be read; CREATE, ALTER and DROP change the schema")
    if roles.tables:
        raise SqlRefused(
            "sql_refused",
            f"the schema and the rows of {roles.tables[0][:60]} cannot be asked for in one statement; send two",
        )


def check_pragma(parts: Sequence[Token]) -> None:
    """Allow the harmless PRAGMAs in the forms SQLite knows: `name`, `name(object)`, `name = object`.

    Raises:
        SqlRefused: It is another one.
    """
    names = parts[1:]
    if len(names) > 2 and names[0].text.lower() == "main" and names[1].upper == ".":
        names = names[2:]
    known = bool(names) and names[0].kind is Kind.WORD and names[0].text.lower() in PRAGMAS
    shape = [token.upper for token in names[1:2]] + [token.upper for token in names[3:]]
    if not known or (shape not in (["(", ")"], ["="]) and not (len(names) == 1 and names[0].upper == "TABLE_LIST")):
        raise SqlRefused(
            "sql_refused",
            f"this PRAGMA is refused; available are {', '.join(sorted(PRAGMAS))}, each as PRAGMA name(object)",
        )


def answer(shadow: Shadow, sql: str, args: Sequence[Any], max_rows: int) -> QueryResult:
    """Return the answer to a question about the schema.

    Args:
        shadow: The schema.
        sql: One statement in the tenant's names: a checked query or PRAGMA; an EXPLAIN of a proved statement.
        args: Values for its parameters.
        max_rows: The rest of the rows is left out.

    Raises:
        SqlRefused: SQLite says no, or it asks for more than the schema.
    """
    explain = first_keyword(sql) == "EXPLAIN"
    # An EXPLAIN is not run, so it may name what its statement may.
    policy = Policy("", ctes=shadow.facts.ctes) if explain else Policy("", catalogue=True)
    try:
        columns, rows = shadow.logical.run(sql, policy, args, max_rows)
    except Refused as error:
        raise SqlRefused("sql_refused" if error.denied else "sql_error", error.message) from None
    return QueryResult(
        [name for name, _ in columns],
        [declared.lower() for _, declared in columns],
        [[base64.b64encode(cell).decode() if isinstance(cell, bytes) else cell for cell in row] for row in rows],
    )
