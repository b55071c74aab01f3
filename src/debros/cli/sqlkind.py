"""Whether a statement reads or writes, to choose the route; the gateway checks for itself."""

from __future__ import annotations

from debros.rqlite import sqltext

_READS = frozenset({"SELECT", "VALUES", "EXPLAIN", "PRAGMA"})


def reads(sql: str) -> bool:
    """Tell whether a statement goes to the route for reading.

    Raises:
        sqltext.SqlTextError: a WITH whose text cannot be cut into tokens.
    """
    verb = sqltext.first_keyword(sql)
    return (_verb_after_with(sql) if verb == "WITH" else verb) in _READS


def _verb_after_with(sql: str) -> str:
    """Return the verb after the common table expressions: the first word after a closing bracket that is not AS.

    `WITH a(x) AS (…), b AS MATERIALIZED (…) SELECT`: only AS, a comma or the verb can follow such a bracket.
    """
    depth = 0
    after_bracket = False
    for token in sqltext.tokens(sql):
        if after_bracket and depth == 0 and token.kind is sqltext.Kind.WORD and token.upper != "AS":
            return token.upper
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        after_bracket = token.upper == ")"
    return ""
