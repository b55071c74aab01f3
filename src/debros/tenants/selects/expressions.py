"""One expression: names, values, operators and functions, and nothing that could end it or begin something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Kind, SqlTextError, tokens
from debros.tenants.errors import SqlRefused
from debros.tenants.sql.grammar.operands import WORDS
from debros.tenants.sql.identifiers import back_quoted, unquoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debros.rqlite.sqltext import Token

# What begins a query within an expression, or goes on with the one around it. As the name of a column: in quotes.
_QUERIES = """
    EXCEPT EXISTS FILTER FROM GROUP HAVING INTERSECT JOIN LIMIT OFFSET ORDER OVER RAISE SELECT UNION VALUES WHERE
    WINDOW WITH
"""
_REFUSED = frozenset(_QUERIES.split())


@dataclass(frozen=True, slots=True)
class Expression:
    """What was read.

    Attributes:
        sql: Its text, with every name quoted.
        parameters: How many `?` are in it.
    """

    sql: str
    parameters: int


def invalid(where: str, what: str) -> SqlRefused:
    """Return the refusal of a part.

    Args:
        where: Its path in the request.
        what: What is wrong with it.
    """
    return SqlRefused("invalid_clause", f"{where}: {what}")


def cut(text: str, where: str) -> list[Token]:
    """Return the tokens of a part.

    Raises:
        SqlRefused: It has none, or cannot be read.
    """
    try:
        text.encode()
        found = list(tokens(text))
    except UnicodeEncodeError:
        raise invalid(where, "not valid Unicode: it holds half of a surrogate pair") from None
    except SqlTextError as error:
        raise invalid(where, str(error)) from None
    if not found:
        raise invalid(where, "empty")
    return found


def is_name(token: Token) -> bool:
    """Tell whether a token can name a column, in a place where a name is expected."""
    return token.kind is Kind.QUOTED or token.kind is Kind.WORD


def quoted_name(token: Token) -> str:
    """Return a name as SQL that stands for nothing else."""
    return back_quoted(unquoted(token))


def read(parts: Sequence[Token], where: str, *, values: bool = False) -> Expression:
    """Return the expression that these tokens are.

    Args:
        parts: The tokens.
        where: Their path in the request.
        values: Whether there are values for its `?`.

    Raises:
        SqlRefused: They are none: a query inside, a bracket too many, a comma outside brackets, a named parameter.
    """
    depth = parameters = 0
    written: list[str] = []
    for position, token in enumerate(parts):
        following = parts[position + 1].text if position + 1 < len(parts) else ""
        after_dot = position > 0 and parts[position - 1].text == "."
        if token.kind is Kind.PARAM:
            if token.text != "?":
                raise invalid(where, f"{token.text} is not possible; write ? and give its value in args")
            parameters += 1
        elif token.kind is Kind.OPERATOR:
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth < 0 or token.text == ";" or (token.text == "," and depth == 0):
                raise invalid(where, f"{token.text} does not belong here; each part is one expression")
        written.append(_text(token, following, where, after_dot=after_dot))
    if depth:
        raise invalid(where, "a ) is missing")
    if parameters and not values:
        raise invalid(where, "? is not possible here; only conditions have args")
    return Expression(" ".join(written), parameters)


def _text(token: Token, following: str, where: str, *, after_dot: bool) -> str:
    if token.kind is Kind.QUOTED:
        return quoted_name(token)
    if token.kind is not Kind.WORD:
        return token.text
    if not after_dot and token.upper in WORDS and following != ".":
        return token.upper
    if not after_dot and token.upper in _REFUSED:
        raise invalid(
            where, f"{token.upper} does not belong here: write such a statement as SQL, or quote it when it is a name"
        )
    if following == "(":
        return token.text  # a function, or nothing that SQLite knows
    return back_quoted(token.text)
