"""Reads in parts: the gateway makes the statement, so that a name or a condition never becomes another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from debros.client.sql.values import check_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

# Read consistency, weakest first (https://rqlite.io/docs/api/read-consistency/).
Level = Literal["none", "weak", "linearizable", "strong"]


@dataclass(frozen=True, slots=True)
class Join:
    """Another table: `kind` is INNER, LEFT, RIGHT, FULL or CROSS, `on` the condition."""

    table: str
    on: str = ""
    kind: str = "INNER"


@dataclass(frozen=True, slots=True)
class Where:
    """A condition with the values of its `?`; `conj` (AND, OR) ties it to the one before."""

    expr: str
    args: Sequence[Any] = ()
    conj: str = "AND"


class FindOptions(TypedDict, total=False):
    """The parts of a read, and how it is done.

    Attributes:
        select: Columns or expressions; without it all columns.
        joins: Other tables.
        where: Conditions; a bare text is one without values.
        group_by: Columns or expressions.
        order_by: The same, each perhaps with ASC, DESC, NULLS FIRST or NULLS LAST.
        limit: Most rows.
        offset: Rows to leave out before the first.
        level: Consistency.
        blobs: Columns to be given as bytes.
        timeout: Seconds for the call; None for the client's.
    """

    select: Sequence[str]
    joins: Sequence[Join]
    where: Sequence[Where | str]
    group_by: Sequence[str]
    order_by: Sequence[str]
    limit: int
    offset: int
    level: Level
    blobs: Collection[str]
    timeout: float | None


def found(table: str, criteria: Mapping[str, Any] | None, options: FindOptions) -> dict[str, Any]:
    """Return the body of a find.

    Raises:
        TypeError, ValueError: A part is none of its kind, or a value none that SQLite holds.
    """
    conditions = {name: check_json(value, f"criteria[{name!r}]") for name, value in (criteria or {}).items()}
    return {"table": table, "criteria": conditions, "options": _parts(options), "level": options.get("level", "weak")}


def selected(table: str, options: FindOptions) -> dict[str, Any]:
    """Return the body of a select.

    Raises:
        TypeError, ValueError: As of `found`.
    """
    return {"table": table, **_parts(options), "level": options.get("level", "weak")}


def _parts(options: FindOptions) -> dict[str, Any]:
    if unknown := options.keys() - FindOptions.__annotations__.keys():
        raise TypeError(f"there is no option {min(unknown)!r}; there are {', '.join(FindOptions.__annotations__)}")
    sent: dict[str, Any] = {
        "select": _texts("select", options.get("select", ())),
        "joins": [_join(join) for join in options.get("joins", ())],
        "where": [_where(place, one) for place, one in enumerate(options.get("where", ()))],
        "group_by": _texts("group_by", options.get("group_by", ())),
        "order_by": _texts("order_by", options.get("order_by", ())),
        "limit": options.get("limit"),
        "offset": options.get("offset"),
    }
    return {name: value for name, value in sent.items() if value not in ([], None)}


def _texts(name: str, given: Sequence[str]) -> list[str]:
    if isinstance(given, str):
        raise TypeError(f"{name}: give a list of names or expressions, such as [{given!r}]")
    return list(given)


def _join(join: Join) -> dict[str, str]:
    sent = {"kind": join.kind, "table": join.table}
    return {**sent, "on": join.on} if join.on else sent


def _where(place: int, one: Where | str) -> dict[str, Any]:
    where = Where(one) if isinstance(one, str) else one
    return {"conj": where.conj, "expr": where.expr, "args": check_json(list(where.args), f"where[{place}]")}
