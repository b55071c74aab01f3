"""Defaults that ask for the time or for randomness, such as DEFAULT CURRENT_TIMESTAMP.

Evaluated by the database they would differ from host to host. So the gateway adds such columns, with settled values, to
every INSERT that leaves them out. In the database itself the default stands in a branch that is never taken, beside one
that fails: an INSERT that comes without the column, from a gateway that has not yet seen the table's definition or from
a trigger, is refused on every host alike instead of making them different.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Kind, Token, tokens
from debros.tenants.errors import SqlRefused
from debros.tenants.sql import unstable
from debros.tenants.sql.identifiers import name_of, quoted
from debros.tenants.sql.template import Edit, Part, Randomness, edited

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from debros.tenants.sql.grammar.roles import Insert, Roles

# SQLite's error names the path: "bad JSON path: 'the gateway supplies this default'".
MARK = "the gateway supplies this default"
_HEAD = f"(CASE WHEN 1 THEN json_extract('{{}}', '{MARK}') ELSE "
_TAIL = " END)"
_EVERYWHERE: range = range(0)


@dataclass(frozen=True, slots=True)
class Default:
    """A column whose default the gateway supplies.

    Attributes:
        column: The column's name.
        parts: The default, with holes; filled anew for every row.
        random: It asks for randomness, so every row needs its own.
    """

    column: str
    parts: tuple[Part, ...]
    random: bool


def of_column(column: str, expression: str) -> Default | None:
    """Return the default of a column if the gateway has to supply it.

    Raises:
        SqlRefused: It asks for randomness of a kind that cannot be settled.
    """
    found = list(tokens(expression))
    if not unstable.is_unstable(found):
        return None
    parts = edited(expression, unstable.edits(found, _EVERYWHERE))
    return Default(column, ("(", *parts, ")"), any(isinstance(part, Randomness) for part in parts))


def disarm(parts: Sequence[Token], roles: Roles) -> Iterator[Edit]:
    """Yield the edits that put the unstable defaults of a CREATE TABLE into the branch that is never taken."""
    for column in roles.columns:
        for place in column:
            if parts[place].upper != "DEFAULT" or (place and parts[place - 1].upper == "SET"):
                continue
            end = _expression_end(parts, place + 1, column.stop)
            if unstable.is_unstable(parts[place + 1 : end]):
                yield Edit(parts[place + 1].start, parts[place + 1].start, (_HEAD,))
                yield Edit(parts[end - 1].end, parts[end - 1].end, (_TAIL,))


def rearm(sql: str, parts: Sequence[Token]) -> Iterator[Edit]:
    """Yield the edits that undo `disarm`."""
    for place, token in enumerate(parts):
        if token.upper == "(" and sql.startswith(_HEAD, token.start):
            close = _expression_end(parts, place, len(parts)) - 1
            if sql.endswith(_TAIL, 0, parts[close].end):
                yield Edit(token.start, token.start + len(_HEAD), ())
                yield Edit(parts[close].end - len(_TAIL), parts[close].end, ())


def supply(sql_tokens: Sequence[Token], insert: Insert, defaults: Sequence[Default]) -> Iterator[Edit]:
    """Yield the edits that add left-out columns to an INSERT.

    Raises:
        SqlRefused: A random default where rows come from a query: every row would need its own.
    """
    if insert.columns is None and insert.defaults is None:
        return  # all columns are given
    given = {name_of(sql_tokens[place]) for place in insert.columns or ()}
    missing = [default for default in defaults if default.column.lower() not in given]
    if not missing:
        return
    names = ", ".join(quoted(default.column) for default in missing)
    if insert.defaults is not None:
        first, last = (sql_tokens[place] for place in insert.defaults)
        values = (part for default in missing for part in (", ", *default.parts))
        yield Edit(first.start, last.end, (f"({names}) VALUES(", *list(values)[1:], ")"))
        return
    if insert.results and any(default.random for default in missing):
        column = next(default.column for default in missing if default.random)
        raise SqlRefused(
            "sql_refused",
            f"the default of column {column} is random and has to differ from row to row; "
            "name the column and give it a value, or insert with VALUES",
        )
    assert insert.close is not None
    if insert.close >= len(sql_tokens):
        return  # no SQL; SQLite says so
    yield Edit(sql_tokens[insert.close].start, sql_tokens[insert.close].start, (", " + names,))
    for place in (*insert.rows, *insert.results):
        end = sql_tokens[place].end
        yield Edit(end, end, tuple(part for default in missing for part in (", ", *default.parts)))


def check_trigger(sql_tokens: Sequence[Token], roles: Roles, defaults: Mapping[str, Sequence[Default]]) -> None:
    """Refuse a trigger whose INSERT leaves a default to the database.

    Raises:
        SqlRefused: It does; the text names the column.
    """
    for insert in roles.inserts:
        table = name_of(sql_tokens[insert.table])
        if any(True for _ in supply(sql_tokens, insert, defaults.get(table, ()))):
            columns = ", ".join(default.column for default in defaults[table])
            raise SqlRefused(
                "sql_refused",
                f"this trigger's INSERT INTO {table} leaves out {columns}, whose default is the time or random: every "
                "host would find another value; give it one, for example that of a column of the row that fires it",
            )


def _expression_end(parts: Sequence[Token], place: int, stop: int) -> int:
    """Return where a default's expression ends: behind its parentheses, its sign and term, or its word."""
    if place < stop and parts[place].upper == "(":
        depth = 0
        for at in range(place, stop):
            depth += {"(": 1, ")": -1}.get(parts[at].upper, 0)
            if depth == 0:
                return at + 1
        return stop
    if place < stop and parts[place].kind is Kind.OPERATOR:
        place += 1
    return min(place + 1, stop)
