"""Definitions as the database keeps them, turned back into the tenant's words."""

from __future__ import annotations

from dataclasses import dataclass

from debros.rqlite.sqltext import Kind, tokens
from debros.tenants.sql import defaults
from debros.tenants.sql.template import Edit, edited


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of sqlite_master, with physical names."""

    type: str
    name: str
    table: str
    sql: str


def rearmed(sql: str) -> str:
    """Return a stored definition with the tenant's own defaults."""
    if defaults.MARK not in sql:
        return sql
    return "".join(str(part) for part in edited(sql, defaults.rearm(sql, list(tokens(sql)))))


def in_own_words(sql: str, prefix: str) -> str:
    """Return a stored definition in the tenant's names and with its own defaults.

    Every name that begins with the prefix is that of an object, because a tenant can use no such name for anything.
    """
    found = list(tokens(sql))
    strings = len(found) > 1 and found[1].upper == "VIRTUAL"
    edits = [*defaults.rearm(sql, found)]
    for token in found:
        quote = 0 if token.kind is Kind.WORD else 1
        is_name = token.kind in {Kind.WORD, Kind.QUOTED} or (strings and token.kind is Kind.STRING)
        if is_name and token.text.startswith(prefix, quote):
            start = token.start + quote
            edits.append(Edit(start, start + len(prefix), ()))
    return "".join(str(part) for part in edited(sql, edits))
