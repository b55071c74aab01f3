"""Statements turned into a request body, and everything refused that rqlite would take badly.

rqlite rejects a whole batch for one bad parameter, shifts its results when a statement is empty, loops for ever on a
comment-only one before 9.3.13, and lets BEGIN of one client swallow the writes of all others, because there is one
write connection. None of that is sent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from debros.rqlite import sqltext
from debros.rqlite.errors import StatementError

if TYPE_CHECKING:
    from debros.rqlite.types import Statement

# Texts of statements remembered as read, and the longest among them: together at most some 2 MiB.
_REMEMBERED, _REMEMBERED_LENGTH = 1024, 2048
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1

# They would outlive the request on the connection that everybody shares.
_SESSION_KEYWORDS = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "ATTACH", "DETACH"})

# They change rows and nothing else.
_CHANGE_KEYWORDS = frozenset({"INSERT", "REPLACE", "UPDATE", "DELETE", "WITH"})

# rqlite parses statements to freeze random() and time and to find RETURNING. Without any of these words it need not,
# which is faster and avoids the parser's panics (fixed in 8.36.6).
_NEEDS_PARSING = re.compile(r"returning|random|current_|date|time|julianday|now", re.IGNORECASE)
_RETURNING = re.compile(r"\breturning\b", re.IGNORECASE)


def prepare(statement: Statement, index: int, *, writes: bool) -> list[Any]:
    """Return rqlite's JSON form of one statement: `[sql]`, `[sql, v1, v2]` or `[sql, {name: v}]`.

    Raises:
        StatementError: The statement cannot be sent; names what and where.
    """
    try:
        sql, keyword = _read(statement.sql) if len(statement.sql) <= _REMEMBERED_LENGTH else _read_anew(statement.sql)
    except sqltext.SqlTextError as err:
        raise StatementError(str(err), index) from None
    except UnicodeEncodeError as err:
        raise _not_unicode(err, "the statement", index) from None
    if keyword in _SESSION_KEYWORDS or (writes and keyword == "PRAGMA"):
        raise StatementError(f"{keyword} is not allowed: every client shares rqlite's one write connection", index)
    args = statement.args
    if isinstance(args, Mapping):
        for name, value in args.items():
            _check_name(name, index)
            _check_value(value, f"parameter {name!r}", index)
        return [sql, dict(args)] if args else [sql]
    if isinstance(args, str | bytes):
        raise StatementError("args must be a list or an object of values, not a single text", index)
    for position, value in enumerate(args, start=1):
        _check_value(value, f"parameter {position}", index)
    return [sql, *args]


def encode(prepared: Iterable[list[Any]]) -> bytes:
    """Return the request body of prepared statements."""
    return orjson.dumps(list(prepared))


def encode_shared(*statements: Statement) -> bytes:
    """Return writes as they stand, one behind the other, in the body of a request that they share with others.

    What is left to chance in it must be settled already: rqlite is told not to parse such a request.

    Raises:
        StatementError: One cannot be sent; the statements beside it would suffer if it were.
        ValueError: One would have to be parsed, or changes something else than rows.
    """
    if needs_parsing(statements):
        raise ValueError("a statement that rqlite has to parse cannot share a request; send it alone")
    if any(_first_keyword(statement.sql) not in _CHANGE_KEYWORDS for statement in statements):
        raise ValueError("only INSERT, REPLACE, UPDATE and DELETE can share a request; send others alone")
    return b",".join(orjson.dumps(prepare(statement, 0, writes=True)) for statement in statements)


def join(entries: Iterable[bytes]) -> bytes:
    """Return the request body of what `encode_shared` returned."""
    return b"[" + b",".join(entries) + b"]"


def needs_parsing(statements: Iterable[Statement]) -> bool:
    """Tell whether rqlite must parse any of these writes; when not, `?noparse` may be sent."""
    return any(
        has_returning(statement.sql) if statement.verbatim else _NEEDS_PARSING.search(statement.sql)
        for statement in statements
    )


def has_returning(sql: str) -> bool:
    """Tell whether RETURNING stands in a statement as a word (not in a string or a quoted name)."""
    return _RETURNING.search(sql) is not None and any(token.upper == "RETURNING" for token in sqltext.tokens(sql))


def _read_anew(text: str) -> tuple[str, str]:
    """Return the statement of a text, and its first word.

    Raises:
        SqlTextError: It is not exactly one.
        UnicodeEncodeError: It is not valid Unicode.
    """
    sql = sqltext.single_statement(text)
    sql.encode()
    return sql, sqltext.first_keyword(sql)


# An application sends a few texts again and again, with other values.
_read = lru_cache(_REMEMBERED)(_read_anew)


def _first_keyword(text: str) -> str:
    try:
        return _read(text)[1] if len(text) <= _REMEMBERED_LENGTH else sqltext.first_keyword(text)
    except ValueError:  # both of _read_anew's: whoever prepares the statement will say so
        return sqltext.first_keyword(text)


def _check_name(name: object, index: int) -> None:
    if not isinstance(name, str) or not name:
        raise StatementError(f"parameter name {name!r} is not a text", index)
    _check_text(name, "a parameter name", index)
    if name[0] in ":@$":
        raise StatementError(f"parameter name {name!r} must be given without its prefix: {name[1:]!r}", index)


def _check_value(value: object, where: str, index: int) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if not _INT64_MIN <= value <= _INT64_MAX:
            raise StatementError(f"{where}: the integer does not fit in 64 bits", index)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise StatementError(f"{where}: {value} has no JSON form", index)
    elif isinstance(value, str):
        _check_text(value, where, index)
    else:
        hint = "; pass data.hex() and write unhex(?)" if isinstance(value, bytes | bytearray) else ""
        raise StatementError(f"{where}: {type(value).__name__} is not null, a boolean, a number or a text{hint}", index)


def _check_text(text: str, where: str, index: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as err:
        raise _not_unicode(err, where, index) from None


def _not_unicode(err: UnicodeEncodeError, where: str, index: int) -> StatementError:
    return StatementError(f"{where}: not valid Unicode (lone surrogate at character {err.start})", index)
