"""The schema as its owner sees it: tables and views with their columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from debros.tenants.sql.identifiers import fold

if TYPE_CHECKING:
    from debros.tenants.sql.shadow import Shadow

# hidden: 0 ordinary, 1 a virtual table's own, 2 and 3 generated; 1 is no column of the user's.
_OF_THE_MODULE = 1


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


def tables(shadow: Shadow) -> list[Table]:
    """Return the tables and views of a schema, in order of names."""
    rows = shadow.logical.rows(
        "SELECT name, type, sql FROM sqlite_master"
        " WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name"
    )
    found = [Table(str(name), str(kind), str(sql)) for name, kind, sql in rows if fold(name) not in shadow.facts.hidden]
    for table in found:
        table.columns = [
            Column(column.name, column.type or "", not column.notnull and not column.pk, column.default, column.pk)
            for column in shadow.logical.columns(table.name)
            if column.hidden != _OF_THE_MODULE
        ]
    return found
