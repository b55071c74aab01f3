"""What is changed in a statement beside its names, and what has to be known of it when it runs.

Time, randomness and the defaults that ask for them are settled once for all hosts.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Kind, Token
from debros.tenants.errors import SqlRefused
from debros.tenants.sql import defaults, rewrite, unstable, virtual
from debros.tenants.sql import vocabulary as words
from debros.tenants.sql.identifiers import is_physical, name_of
from debros.tenants.sql.policy import TEMPORARY

if TYPE_CHECKING:
    from debros.tenants.sql.grammar.roles import Roles
    from debros.tenants.sql.shadow import Facts
    from debros.tenants.sql.template import Edit


def edits(parts: list[Token], roles: Roles, facts: Facts, *, ddl: bool) -> list[Edit]:
    """Return the edits that settle time, randomness and the defaults that ask for them."""
    if roles.verb in {"SELECT", "VALUES"}:
        return []
    if ddl:
        is_copy = roles.verb == "CREATE" and parts[1:2] and parts[1].upper == "TABLE" and not roles.columns
        return list(unstable.edits(parts, roles.per_row)) if is_copy else []
    found = list(unstable.edits(parts, roles.per_row))
    if roles.inserts and facts.defaults:
        for insert in roles.inserts:
            table = name_of(parts[insert.table])
            found += defaults.supply(parts, insert, facts.defaults.get(table, ()))
    return found


def defining(  # noqa: C901 - one refusal after the other
    parts: list[Token], roles: Roles, facts: Facts, prefix: str
) -> tuple[list[Edit], list[Edit], list[Edit]]:
    """Return the edits of a definition for its logical and its physical text, and those behind the proof.

    Raises:
        SqlRefused: It defines what may not be, or asks for the time where every host would find another.
    """
    if roles.catalogue:
        raise SqlRefused("sql_refused", "a definition cannot read sqlite_master or a pragma function")
    for token in parts:
        # Also as a column's name: whatever begins like this in a stored definition is taken for a prefix.
        if token.kind in {Kind.WORD, Kind.QUOTED} and is_physical(name_of(token)):
            rewrite.refuse(token)
    for place, token in enumerate(parts[:-1]):
        # SQLite's authorizer takes `CREATE TRIGGER temp.x ON main.y` for one in main.
        if name_of(token) == "temp" and parts[place + 1].upper == ".":
            raise SqlRefused("sql_refused", TEMPORARY)
    if is_physical(roles.target) or roles.target in facts.hidden:
        raise SqlRefused("sql_refused", f"the name {roles.target[:60]} is reserved")
    if [token.upper for token in parts[:2]] == ["CREATE", "VIRTUAL"]:
        own, inner = (list(virtual.edits(parts, begin, facts.existing)) for begin in ("", prefix))
        return own, inner, []
    second = parts[1].upper if len(parts) > 1 else ""
    if roles.verb == "CREATE" and second == "TRIGGER":
        if unstable.is_unstable(parts):
            raise SqlRefused(
                "sql_refused",
                "a trigger cannot ask for the time or for randomness: every host would find another value; let the "
                "statement that fires it carry the value in a column",
            )
        defaults.check_trigger(parts, roles, facts.defaults)
    if roles.verb == "CREATE" and second == "TABLE":
        return [], [], list(defaults.disarm(parts, roles))
    return [], [], []


def is_blind(parts: list[Token], roles: Roles, facts: Facts) -> bool:
    """Tell whether an INSERT may leave SQLite's last row id as it was."""
    if roles.verb not in words.INSERT_WORDS:
        return False
    upsert = any(one.upper == "DO" and two.upper == "UPDATE" for one, two in pairwise(parts))
    return upsert or any(name_of(parts[insert.table]) not in facts.numbered for insert in roles.inserts)


def times(parts: list[Token]) -> frozenset[int]:
    """Return the places (from 0) of parameters that are times; only plain `?` are looked at."""
    found = unstable.time_parameters(parts)
    if not found:
        return frozenset()
    parameters = [place for place, token in enumerate(parts) if token.kind is Kind.PARAM]
    if any(parts[place].text != "?" for place in parameters):
        return frozenset(int(parts[p].text[1:]) - 1 for p in found if parts[p].text[1:].isdigit())
    return frozenset(parameters.index(place) for place in found)
