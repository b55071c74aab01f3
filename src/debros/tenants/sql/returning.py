"""RETURNING, so that it gives values as they are stored; exact.py says why that needs help."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Kind
from debros.tenants.sql import exact, template
from debros.tenants.sql.grammar.operands import between_commas, split_alias
from debros.tenants.sql.template import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debros.rqlite.sqltext import Token
    from debros.tenants.sql.template import Part

# In quotes rqlited would take a column that is gone by then for a text; a bare name is always a name.
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_Item = tuple["Part", ...]


def edits(
    statement: str,
    parts: Sequence[Token],
    span: range,
    columns: Sequence[str],
    doubtful: frozenset[int],
    renaming: Sequence[Edit],
) -> list[Edit] | None:
    """Return all edits of a statement whose doubtful results are marked; None where that cannot be done.

    Args:
        statement: Its text.
        parts: Its tokens.
        span: Those behind RETURNING.
        columns: Names of the results as the database has them.
        doubtful: Which of them (from 0) are to be marked.
        renaming: The edits that put it into physical names.
    """
    behind = [parts[place] for place in span]
    if any(token.kind is Kind.PARAM for token in behind):
        return None  # an expression is written several times, and a `?` would take several values
    listed = between_commas(behind)
    stars = sum(item[0].text == "*" for item in listed)
    width = (len(columns) - len(listed) + stars) // stars if stars else 0
    shown: list[_Item] = []
    for item in listed:
        if item[0].text != "*":
            shown.append(_shown(statement, item, renaming, marked=len(shown) in doubtful))
            continue
        for position in range(len(shown), len(shown) + width):
            if not _BARE.fullmatch(columns[position]):
                return None
            shown.append((exact.marked(columns[position]) if position in doubtful else columns[position],))
    if len(shown) != len(columns):
        return None
    first, last = parts[span.start].start, parts[span.stop - 1].end
    together: list[Part] = [part for item in shown for part in (", ", *item)][1:]
    others = [edit for edit in renaming if edit.start < first or edit.start >= last]
    return [*others, Edit(first, last, tuple(together))]


def _shown(statement: str, item: Sequence[Token], renaming: Sequence[Edit], *, marked: bool) -> _Item:
    """Return one result in physical names, marked or as it is."""
    body, _ = split_alias(item)
    start, end = body[0].start, body[-1].end
    inner = [
        Edit(edit.start - start, edit.end - start, edit.parts)
        for edit in renaming
        if start <= edit.start and edit.end <= end
    ]
    expression = template.edited(statement[start:end], inner)
    if not marked:
        return expression
    # The mark with the expression in its four places, holes of a template included.
    found: list[Part] = []
    for position, piece in enumerate(exact.marked("\0").split("\0")):
        found += [*(("(", *expression, ")") if position else ()), piece]
    return tuple(found)
