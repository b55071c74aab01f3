"""SQL out of the parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from debros.rqlite.types import Statement, Value
from debros.tenants.selects import parts
from debros.tenants.selects.expressions import cut, invalid, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# sqlite.org/lang_select.html; NATURAL is left out, since a column that is added later changes what it means.
_KINDS = frozenset({"", "INNER", "CROSS", "LEFT", "LEFT OUTER", "RIGHT", "RIGHT OUTER", "FULL", "FULL OUTER"})


@dataclass(frozen=True, slots=True)
class Join:
    """A table that is joined.

    Attributes:
        kind: Of the join, with or without JOIN, in any case.
        table: Its name, with an alias or without.
        on: The condition; None for every row with every row.
    """

    kind: str
    table: str
    on: str | None


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that rows must meet.

    Attributes:
        expr: The expression.
        args: Values of its `?`.
        conj: How it goes on from the condition before it; as in SQL, AND binds closer than OR.
    """

    expr: str
    args: Sequence[Value] = ()
    conj: Literal["AND", "OR"] = "AND"


@dataclass(frozen=True, slots=True)
class Select:
    """A read in parts; each text is one expression or name.

    Attributes:
        table: Its name, with an alias or without.
        alias: The alias apart.
        columns: Of the result, () = all.
        criteria: Column → value that it must have: None is NULL, of a list one of them.
        joins: Further tables.
        conditions: What rows must meet besides the criteria.
        group_by: See SQL.
        order_by: See SQL.
        limit: Most rows, None = as many as there may be.
        offset: Rows left out at the beginning.
        at: Path of the options in the request, for errors.
    """

    table: str
    alias: str | None = None
    columns: Sequence[str] = ()
    criteria: Mapping[str, Value | list[Value]] = field(default_factory=dict)
    joins: Sequence[Join] = ()
    conditions: Sequence[Condition] = ()
    group_by: Sequence[str] = ()
    order_by: Sequence[str] = ()
    limit: int | None = None
    offset: int | None = None
    at: str = "$"


def build(select: Select) -> Statement:
    """Return the statement.

    Raises:
        SqlRefused: A part is not what it should be; says which, by its path in the request.
    """
    at = select.at
    columns = [
        parts.result(text, f"{at}.select[{number}]", first=number == 0) for number, text in enumerate(select.columns)
    ]
    table = parts.table(select.table, "$.table", select.alias)
    sql = [f"SELECT {', '.join(columns) or '*'} FROM {table}"]  # noqa: S608 - names and expressions that were read
    sql += [_join(join, f"{at}.joins[{number}]") for number, join in enumerate(select.joins)]
    args: list[Value] = []
    conditions = [_criteria(select.criteria, args), _conditions(select.conditions, f"{at}.where", args)]
    if any(conditions):
        sql.append(f"WHERE {' AND '.join(f'({one})' for one in conditions if one)}")
    if select.group_by:
        sql.append(f"GROUP BY {', '.join(_each(select.group_by, parts.grouping, f'{at}.group_by'))}")
    if select.order_by:
        sql.append(f"ORDER BY {', '.join(_each(select.order_by, parts.order, f'{at}.order_by'))}")
    if select.limit is not None or select.offset:
        sql.append("LIMIT ?")
        args.append(-1 if select.limit is None else select.limit)  # -1: none, since SQLite wants one before an OFFSET
    if select.offset:
        sql.append("OFFSET ?")
        args.append(select.offset)
    return Statement(" ".join(sql), args)


def _each(texts: Sequence[str], part: Callable[[str, str], str], where: str) -> list[str]:
    return [part(text, f"{where}[{number}]") for number, text in enumerate(texts)]


def _join(join: Join, where: str) -> str:
    kind = " ".join(join.kind.upper().split())
    kind = "" if kind == "JOIN" else kind.removesuffix(" JOIN")
    if kind not in _KINDS:
        raise invalid(f"{where}.kind", f"{join.kind[:40]!r} is no kind of join; use INNER, LEFT, RIGHT, FULL or CROSS")
    written = f"{kind} JOIN {parts.table(join.table, f'{where}.table')}".strip()
    if join.on is None:
        if kind != "CROSS":
            raise invalid(f"{where}.on", "missing; only a CROSS join has no condition")
        return written
    return f"{written} ON ({read(cut(join.on, f'{where}.on'), f'{where}.on').sql})"


def _criteria(criteria: Mapping[str, Value | list[Value]], args: list[Value]) -> str:
    """Return the criteria as SQL, and put their values behind the others."""
    found = []
    for name, value in criteria.items():
        column = parts.column(name, f"$.criteria[{name[:40]!r}]")
        if value is None:
            found.append(f"{column} IS NULL")
        elif isinstance(value, list):
            there = [one for one in value if one is not None]
            args += there
            listed = f"{column} IN ({', '.join('?' * len(there))})"
            found.append(listed if len(there) == len(value) else f"({listed} OR {column} IS NULL)")
        else:
            args.append(value)
            found.append(f"{column} = ?")
    return " AND ".join(found)


def _conditions(conditions: Sequence[Condition], where: str, args: list[Value]) -> str:
    """Return the conditions as SQL, and put their values behind the others."""
    found = ""
    for number, condition in enumerate(conditions):
        place = f"{where}[{number}]"
        expression = read(cut(condition.expr, f"{place}.expr"), f"{place}.expr", values=True)
        if expression.parameters != len(condition.args):
            raise invalid(f"{place}.args", f"{len(condition.args)} values for {expression.parameters} ?")
        args += condition.args
        found += f" {condition.conj} ({expression.sql})" if found else f"({expression.sql})"
    return found
