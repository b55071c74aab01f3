"""CREATE VIRTUAL TABLE: modules read their arguments themselves, so these are made anew from what is known."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Kind, Token
from debros.tenants.errors import SqlRefused
from debros.tenants.sql.grammar.operands import between_commas
from debros.tenants.sql.identifiers import is_reserved, name_of
from debros.tenants.sql.template import Edit
from debros.tenants.sql.vocabulary import FTS5_OPTIONS, MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet


def edits(tokens: Sequence[Token], prefix: str, existing: AbstractSet[str]) -> Iterator[Edit]:
    """Yield the edits for a virtual table's arguments: only known options; `content` names a physical table.

    Args:
        tokens: Those of a CREATE VIRTUAL TABLE.
        prefix: What goes before the name of the content's table; empty for the statement in the tenant's own names.
        existing: The tenant's tables and views.

    Raises:
        SqlRefused: Another module, another option, a content table that is not there.
    """
    using = next((place for place, token in enumerate(tokens) if token.upper == "USING"), len(tokens))
    if using + 1 >= len(tokens):
        return  # no SQL; SQLite says so
    module = name_of(tokens[using + 1])
    if module not in MODULES:
        raise SqlRefused(
            "sql_refused", f"of the virtual tables only {', '.join(sorted(MODULES))} are available, not {module[:40]}"
        )
    if using + 2 >= len(tokens) or (tokens[using + 2].upper, tokens[-1].upper) != ("(", ")"):
        return
    made = []
    for argument in between_commas(tokens[using + 3 : -1]):
        for token in argument:
            if token.kind is not Kind.STRING and is_reserved(name_of(token)):
                raise SqlRefused("sql_refused", f"the name {token.text[:60]} is reserved")
        if len(argument) > 1 and argument[1].upper == "=":
            made.append(_option(module, argument, prefix, existing))
        else:
            # As the tenant wrote it, without comments: a module sees the text and knows none.
            made.append(_without_comments(argument))
    yield Edit(tokens[using + 2].start, tokens[-1].end, (f"({', '.join(made)})",))


def _without_comments(argument: list[Token]) -> str:
    text = argument[0].text
    for before, token in pairwise(argument):
        text += token.text if before.end == token.start else f" {token.text}"
    return text


def _option(module: str, argument: list[Token], prefix: str, existing: AbstractSet[str]) -> str:
    name = argument[0].text.lower()
    if module != "fts5" or argument[0].kind is not Kind.WORD or name not in FTS5_OPTIONS or len(argument) != 3:
        allowed = ", ".join(sorted(FTS5_OPTIONS))
        raise SqlRefused("sql_refused", f"the option {argument[0].text[:40]} is refused; fts5 takes {allowed}")
    value = argument[2]
    if name != "content" or name_of(value) == "":
        return f"{name} = {value.text}"
    table = name_of(value)
    if table not in existing:
        raise SqlRefused("sql_error", f"no such table: {table[:60]} (the content of an fts5 table)")
    return f"{name} = '{(prefix + table).replace(chr(39), chr(39) * 2)}'"
