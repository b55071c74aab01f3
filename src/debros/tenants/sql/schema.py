"""The schema as its owner sees it: tables and views with their columns, without the gateway's own."""

from dataclasses import dataclass, field
from typing import Any

from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import StatementError
from debros.rqlite.types import QueryResult, Statement
from debros.tenants.sql.vocabulary import OWNED_PREFIXES

# substr and not LIKE: `_` is a wild card there.
_OURS = " AND ".join(f"lower(substr(m.name, 1, {len(prefix)})) <> '{prefix}'" for prefix in OWNED_PREFIXES)
# pragma_table_xinfo's hidden: 0 ordinary, 1 of a virtual table, 2 and 3 generated; 1 is no column of the user's.
_WITH_COLUMNS = (
    'SELECT m.name, m.type, m.sql, c.name, c.type, c."notnull", c.dflt_value, c.pk'  # noqa: S608 - constants only
    " FROM sqlite_master AS m LEFT JOIN pragma_table_xinfo(m.name) AS c ON c.hidden <> 1"
    f" WHERE m.type IN ({{types}}) AND {_OURS} ORDER BY m.name, c.cid"
)
_ALL = Statement(_WITH_COLUMNS.format(types="'table', 'view'"))
_TABLES = Statement(_WITH_COLUMNS.format(types="'table'"))
_VIEWS = Statement(
    "SELECT m.name, m.type, m.sql, NULL, NULL, 0, NULL, 0"  # noqa: S608 - constants only
    f" FROM sqlite_master AS m WHERE m.type = 'view' AND {_OURS} ORDER BY m.name"
)


@dataclass(slots=True)
class Column:
    """A column; `default` is the SQL text of its DEFAULT, `pk` its place in the primary key or 0."""

    name: str
    type: str
    nullable: bool
    default: str | None
    pk: int


@dataclass(slots=True)
class Table:
    """A table or view and the statement that made it."""

    name: str
    type: str
    sql: str
    columns: list[Column] = field(default_factory=list)


async def load(client: RqliteClient) -> list[Table]:
    """Read the schema, in order of names.

    Raises:
        RqliteError: The database cannot answer.
    """
    try:
        return _tables((await client.query(_ALL)).values)
    except StatementError:
        # A view over a table that is gone has no columns, and asking for them fails the whole statement.
        parts: list[QueryResult] = [await client.query(_TABLES), await client.query(_VIEWS)]
        found = [table for part in parts for table in _tables(part.values)]
        return sorted(found, key=lambda table: table.name)


def _tables(rows: list[list[Any]]) -> list[Table]:
    found: dict[str, Table] = {}
    for name, kind, sql, column, declared, not_null, default, pk in rows:
        table = found.setdefault(name, Table(name, kind, sql or ""))
        if column is not None:
            table.columns.append(Column(column, declared or "", not not_null and not pk, default, pk or 0))
    return list(found.values())
