"""A statement in the tenant's names turned into one in physical names. Not trusted: the result is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from debros.rqlite.sqltext import Kind, Token
from debros.tenants.errors import SqlRefused
from debros.tenants.sql.identifiers import back_quoted, is_reserved, name_of, quoted
from debros.tenants.sql.template import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from debros.tenants.sql.grammar.roles import Roles


def edits(tokens: Sequence[Token], roles: Roles, prefix: str, *, ddl: bool) -> Iterator[Edit]:
    """Yield the edits that put the prefix before every name of an object.

    Afterwards no name or text in the statement begins like that of something that is not the tenant's: wherever such a
    one stood and was no object's name, it is a value, and it is cut in two.

    Raises:
        SqlRefused: A reserved name that is neither the name of an object nor a value.
    """
    own = roles.objects | roles.hidden
    # rqlited takes "x" for a text when there is no column x (any more), but never `x`. Its own parser, which looks for
    # RETURNING, does not know those quotes.
    keep_quotes = ddl or any(token.upper == "RETURNING" for token in tokens)
    for place, token in enumerate(tokens):
        if place in own:
            yield _with_prefix(token, prefix)
        elif token.kind is Kind.STRING:
            if is_reserved(token.text[1:-1]):
                yield _cut(token, ddl=ddl)
        elif token.kind is Kind.QUOTED:
            _check(token)
            if token.text[0] == '"' and not keep_quotes:
                yield Edit(token.start, token.end, (back_quoted(token.text[1:-1].replace('""', '"')),))
        elif token.kind is Kind.WORD:
            _check(token)


def _with_prefix(token: Token, prefix: str) -> Edit:
    if token.kind is Kind.WORD:
        return Edit(token.start, token.start, (prefix,))
    if token.kind is Kind.QUOTED:
        return Edit(token.start + 1, token.start + 1, (prefix,))
    # A text in the place of a name becomes a name, so that a text is always a value.
    return Edit(token.start, token.end, (quoted(prefix + token.text[1:-1].replace("''", "'")),))


def _cut(token: Token, *, ddl: bool) -> Edit:
    """Make an expression of a text, so that it cannot be a name wherever it stands."""
    if ddl:
        raise SqlRefused(
            "sql_refused", f"{token.text[:60]} begins like a reserved name and cannot stand in a definition; shorten it"
        )
    return Edit(token.start, token.end, (f"({token.text[:2]}'||'{token.text[2:]})",))


def _check(token: Token) -> None:
    if is_reserved(name_of(token) if token.kind is Kind.QUOTED else token.text):
        refuse(token)


def refuse(token: Token) -> NoReturn:
    """Refuse a reserved name.

    Raises:
        SqlRefused: Always.
    """
    raise SqlRefused(
        "sql_refused",
        f"the name {token.text[:60]} is reserved, like all that begin with n, digits and _, or with _gw, sqlite_, "
        "pragma_ or schema_migrations",
    )
