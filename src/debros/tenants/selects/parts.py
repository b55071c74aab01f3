"""The parts that are not just an expression: tables, columns, results and orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.tenants.selects.expressions import cut, invalid, is_name, quoted_name, read
from debros.tenants.sql.grammar.operands import split_alias
from debros.tenants.sql.identifiers import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debros.rqlite.sqltext import Token

_COLUMN, _QUALIFIED = 1, 3  # tokens: name, or table . name
_AS_NAME = 2


def table(text: str, where: str, alias: str | None = None) -> str:
    """Return `name`, `name alias` or `name AS alias` as SQL.

    Args:
        text: The part.
        where: Its path in the request.
        alias: Given apart, in place of one in the text.

    Raises:
        SqlRefused: It is something else.
    """
    names = cut(text, where)
    if len(names) == _AS_NAME + 1 and names[1].upper == "AS":
        del names[1]
    if len(names) > _AS_NAME or not all(is_name(name) for name in names) or (alias and len(names) == _AS_NAME):
        raise invalid(where, "expected the name of a table, and at most one alias behind it")
    known_as = quoted_name(names[1]) if len(names) == _AS_NAME else ""
    if alias:
        known_as = name(alias, "$.alias")
    return f"{quoted_name(names[0])} AS {known_as}" if known_as else quoted_name(names[0])


def name(text: str, where: str) -> str:
    """Return a single name as SQL.

    Raises:
        SqlRefused: It is something else.
    """
    parts = cut(text, where)
    if len(parts) > 1 or not is_name(parts[0]):
        raise invalid(where, f"{text[:40]!r} is not a name")
    return quoted_name(parts[0])


def column(text: str, where: str) -> str:
    """Return `name` or `table.name` as SQL.

    Raises:
        SqlRefused: It is something else.
    """
    parts = cut(text, where)
    if not _is_column(parts):
        raise invalid(where, f"{text[:40]!r} is not the name of a column")
    return ".".join(map(quoted_name, parts[::2]))


def result(text: str, where: str, *, first: bool = False) -> str:
    """Return one column of the result as SQL: `*`, `table.*`, or an expression with or without AS.

    One that is more than a column and has no alias is called as the caller has written it. Before the first one may
    stand DISTINCT, which is about all of them.

    Raises:
        SqlRefused: It is something else.
    """
    parts = cut(text, where)
    if parts[0].upper == "DISTINCT" and len(parts) > 1:
        if not first:
            raise invalid(where, "DISTINCT is about all columns; write it before the first")
        return f"DISTINCT {result(text[parts[1].start :], where)}"
    if parts[-1].text == "*" and (len(parts) == 1 or (len(parts) == _QUALIFIED and parts[1].text == ".")):
        return "*" if len(parts) == 1 else f"{name(parts[0].text, where)}.*"
    body, last = split_alias(parts)
    if not body:
        raise invalid(where, "an alias of nothing")
    alias = quoted_name(last) if last else "" if _is_column(body) else quoted(text.strip())
    return f"{_without_values(body, where)} AS {alias}" if alias else _without_values(body, where)


def grouping(text: str, where: str) -> str:
    """Return an expression for GROUP BY as SQL.

    Raises:
        SqlRefused: It is something else.
    """
    return _without_values(cut(text, where), where)


def order(text: str, where: str) -> str:
    """Return an expression for ORDER BY as SQL, with ASC, DESC and NULLS FIRST or LAST.

    Raises:
        SqlRefused: It is something else.
    """
    parts, behind = cut(text, where), ""
    if len(parts) > 1 and parts[-2].upper == "NULLS" and parts[-1].upper in {"FIRST", "LAST"}:
        behind = f" NULLS {parts[-1].upper}"
        parts = parts[:-2]
    if len(parts) > 1 and parts[-1].upper in {"ASC", "DESC"}:
        behind = f" {parts[-1].upper}{behind}"
        parts = parts[:-1]
    if not parts:
        raise invalid(where, "expected a column")
    return _without_values(parts, where) + behind


def _is_column(parts: Sequence[Token]) -> bool:
    if len(parts) not in {_COLUMN, _QUALIFIED} or not all(is_name(part) for part in parts[::2]):
        return False
    return len(parts) == _COLUMN or parts[1].text == "."


def _without_values(parts: Sequence[Token], where: str) -> str:
    """Return an expression without parameters: there are no values for it."""
    # A word of the grammar that stands alone can only be meant as a name.
    if _is_column(parts):
        return ".".join(map(quoted_name, parts[::2]))
    return read(parts, where).sql
