"""Values for `?` on their way to a gateway: what JSON can carry and SQLite can hold without loss.

No gateway takes a BLOB as a value, because rqlite before 8.31 does not. So bytes travel as hex, and their `?` becomes
`unhex(?)`: SQLite makes the BLOB, and the statement stays the same for other bytes, so its plan is remembered.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from debros.rqlite import sqltext

Value = None | bool | int | float | str | bytes
# SQLite's integers: 64-bit two's complement.
_LEAST, _MOST = -(2**63), 2**63 - 1


def statement(sql: str, args: Sequence[Value]) -> dict[str, Any]:
    """Return a statement with its values as members of a request.

    Args:
        sql: One statement.
        args: The values of its `?`, or of `?1`, `?2` …

    Raises:
        TypeError, ValueError: A value is none that SQLite can hold; its place is named.
    """
    if isinstance(args, str | bytes | Mapping) or not isinstance(args, Sequence):
        raise TypeError(f"args must be a list or tuple of values, not {type(args).__name__}")
    checked = [check(value, f"args[{place}]") for place, value in enumerate(args)]
    blobs = {place for place, value in enumerate(checked) if isinstance(value, bytes)}
    if blobs:
        sql = _with_unhex(sql, blobs)
        checked = [value.hex() if isinstance(value, bytes) else value for value in checked]
    return {"sql": sql, "args": checked} if checked else {"sql": sql}


def check(value: Value | bytearray | memoryview, where: str) -> Value:
    """Return a value that SQLite can hold.

    Raises:
        TypeError, ValueError: It is none; `where` says which one it is.
    """
    match value:
        case None | bool() | str() | bytes():
            return value
        case bytearray() | memoryview():
            return bytes(value)
        case int():
            if not _LEAST <= value <= _MOST:
                raise ValueError(f"{where}: {value} exceeds SQLite's 64 bits; send it as text")
            return value
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{where}: {value} is not a finite number")
            return value
    raise TypeError(  # what mypy knows to be impossible is a caller without mypy
        f"{where}: {type(value).__name__} is nothing SQLite holds; use None, bool, int, float, str or bytes"
    )


def check_json(value: object, where: str) -> object:
    """Return a condition's value: one that SQLite can hold, bytes excepted, or a list of such.

    Raises:
        TypeError, ValueError: It is none.
    """
    if isinstance(value, list | tuple):
        return [check_json(one, f"{where}[{place}]") for place, one in enumerate(value)]
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"{where}: conditions take no bytes; use query() with a `?`")
    return check(value, where)  # type: ignore[arg-type] # check() itself judges what it is given


def _with_unhex(sql: str, blobs: set[int]) -> str:
    pieces, end = [], 0
    for token, place in _parameters(sql):
        pieces.append(sql[end : token.start])
        pieces.append(f"unhex({token.text})" if place in blobs else token.text)
        end = token.end
    return "".join(pieces) + sql[end:]


def _parameters(sql: str) -> Iterator[tuple[sqltext.Token, int]]:
    """Yield the parameters of a statement with their zero-based places, numbered as SQLite does.

    `?` is one more than the largest number so far, a name keeps its own: https://www.sqlite.org/lang_expr.html#varparam
    """
    largest, names = 0, dict[str, int]()
    for token in sqltext.tokens(sql):
        if token.kind is not sqltext.Kind.PARAM:
            continue
        if token.text == "?":
            number = largest + 1
        elif token.text[0] == "?":
            number = int(token.text[1:])
        else:
            number = names.setdefault(token.text, largest + 1)
        largest = max(largest, number)
        yield token, number - 1
