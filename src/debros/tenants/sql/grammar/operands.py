"""Where an expression ends: at a comma, or where its alias begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debros.rqlite.sqltext import Token

# The words of SQLite's grammar for expressions (sqlite.org/lang_expr.html); any other word is a name.
_GRAMMAR = """
    AND AS BETWEEN CASE CAST COLLATE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DISTINCT ELSE END ESCAPE FALSE GLOB IN
    IS ISNULL LIKE MATCH NOT NOTNULL NULL OR REGEXP THEN TRUE WHEN
"""
WORDS = frozenset(_GRAMMAR.split())
_LITERALS = frozenset({Kind.NUMBER, Kind.STRING, Kind.BLOB, Kind.PARAM})
_ENDS = frozenset({")", "END", "FALSE", "ISNULL", "NOTNULL", "NULL", "TRUE"})


def between_commas(tokens: Sequence[Token]) -> list[list[Token]]:
    """Return what stands between the commas outside parentheses; nothing for nothing between two of them."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if token.upper == "," and depth == 0:
            found.append([])
        else:
            found[-1].append(token)
    return [one for one in found if one]


def split_alias(parts: Sequence[Token]) -> tuple[Sequence[Token], Token | None]:
    """Return an expression without its alias, and the alias."""
    last = parts[-1]
    if len(parts) == 1 or last.kind not in {Kind.WORD, Kind.QUOTED, Kind.STRING}:
        return parts, None
    if parts[-2].upper == "AS":
        return parts[:-2], last
    if _is_plain_name(last) and _ends_operand(parts[-2]):
        return parts[:-1], last
    return parts, None


def _is_plain_name(token: Token) -> bool:
    """Tell whether a token is a name wherever it stands: no word of the grammar, unless in quotes."""
    return token.kind is Kind.QUOTED or (token.kind is Kind.WORD and token.upper not in WORDS)


def _ends_operand(token: Token) -> bool:
    """Tell whether an operand may end here, so that a name behind it can only be an alias."""
    return _is_plain_name(token) or token.kind in _LITERALS or token.upper in _ENDS
