"""What the grammar finds in a statement."""

from __future__ import annotations

from dataclasses import dataclass, field

from debros.tenants.sql.grammar.scopes import Body


@dataclass(slots=True)
class Insert:
    """An INSERT: where columns and values can be added. All positions are those of tokens.

    Attributes:
        table: The table's token.
        columns: Tokens of the column list; None when there is none.
        close: The parenthesis behind the column list; None when there is none.
        rows: The last token of every row of VALUES.
        results: The last token of every SELECT's result list.
        defaults: The words DEFAULT and VALUES; None for other forms.
    """

    table: int
    columns: list[int] | None = None
    close: int | None = None
    rows: list[int] = field(default_factory=list)
    results: list[int] = field(default_factory=list)
    defaults: tuple[int, int] | None = None


@dataclass(slots=True)
class Roles:
    """What the names in a statement are for. All positions are those of tokens.

    Attributes:
        objects: Tokens that name a table, view, index or trigger: in FROM, INTO, DROP and their like, and before a dot.
        hidden: Tokens that name the column which an fts5 table has under its own name.
        tables: Names of the tables and views it reads or changes.
        catalogue: Tokens that name sqlite_master or a pragma function.
        inserts: Its INSERTs, those in a trigger's body included.
        body: What it reads, for its weight.
        ctes: Names of its common table expressions.
        verb: SELECT, VALUES, INSERT, REPLACE, UPDATE, DELETE, or the first word of another statement.
        target: Name of the object that a CREATE makes; empty for other statements.
        columns: Column definitions of a CREATE TABLE, each as the range of its tokens.
        returning: Tokens behind RETURNING; None where there is none.
        per_row: Tokens of queries and conditions, which SQLite evaluates row by row.
    """

    objects: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    tables: list[str] = field(default_factory=list)
    catalogue: list[int] = field(default_factory=list)
    inserts: list[Insert] = field(default_factory=list)
    body: Body = field(default_factory=Body)
    ctes: set[str] = field(default_factory=set)
    verb: str = ""
    target: str = ""
    columns: list[range] = field(default_factory=list)
    returning: range | None = None
    per_row: set[int] = field(default_factory=set)
