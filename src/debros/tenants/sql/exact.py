"""Values as they are stored, where rqlite would hand over others.

rqlite decides by a column's declared type how it writes a value down (db/db.go, go-sqlite3's rows): a BLOB in a column
without a type, or out of an expression, becomes text in which bytes are lost; what stands in a DATE, DATETIME or
TIMESTAMP column becomes a time, `0001-01-01T00:00:00Z` when it is none. So such a read is put into another one that
says of each value what it is. Numbers and NULL stay as they are.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TIMES = frozenset({"date", "datetime", "timestamp"})
# A name that no tenant can use.
_ROWS = "_gw_rows"
_BLOB, _TEXT = "b", "t"


def doubtful(declared: Sequence[str]) -> frozenset[int]:
    """Return the columns (from 0) whose values rqlite may change.

    Args:
        declared: Declared types of a result's columns, "" where there is none.
    """
    return frozenset(position for position, kind in enumerate(declared) if not kind or kind.lower() in _TIMES)


def wrapped(sql: str, columns: int, doubtful: frozenset[int], beside: str) -> str:
    """Return a statement with the same rows in the same order, in which doubtful values are marked.

    SQLite keeps the order of a subquery that stands alone in FROM, when the query around it has none (select.c,
    "the outer query is a join or has an ORDER BY" are the cases in which it is left out).

    Args:
        sql: A query, without a semicolon at its end.
        columns: How many it has.
        doubtful: Which of them are to be marked.
        beside: An expression that becomes one more column, the last.
    """
    names = [f"c{position}" for position in range(columns)]
    shown = [marked(name) if position in doubtful else name for position, name in enumerate(names)]
    # The line's end, because the query may end in a comment.
    return f"WITH {_ROWS}({', '.join(names)}) AS ({sql}\n) SELECT {', '.join([*shown, beside])} FROM {_ROWS}"  # noqa: S608 - the caller's own query, which is proved


def marked(expression: str) -> str:
    """Return an expression whose value says what it is: a BLOB in hex behind one letter, a text behind another."""
    return (
        f"CASE typeof({expression}) WHEN 'blob' THEN '{_BLOB}' || hex({expression})"
        f" WHEN 'text' THEN '{_TEXT}' || {expression} ELSE {expression} END"
    )


def unmarked(rows: Iterable[Sequence[Any]], doubtful: frozenset[int]) -> list[list[Any]]:
    """Return rows without marks; BLOBs are base64."""
    return [[_value(cell) if position in doubtful else cell for position, cell in enumerate(row)] for row in rows]


def _value(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    return base64.b64encode(bytes.fromhex(cell[1:])).decode() if cell[0] == _BLOB else cell[1:]
