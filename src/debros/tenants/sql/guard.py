"""Which statements a tenant may run, decided from their tokens alone.

The guard lets pass one statement of an allowed kind that names nothing the gateway or SQLite owns. It knows no
grammar, so it errs on the strict side: a name is looked at wherever it stands and however it is quoted, and a
text in single quotes counts as a name too, because SQLite takes one for a table's name.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from debros.rqlite.sqltext import Kind, SqlTextError, Token, split_statements, tokens
from debros.tenants.errors import SqlRefused
from debros.tenants.sql import vocabulary as words

# Statements remembered, and the longest of them: together at most some 16 MiB.
_CACHED_STATEMENTS = 4096
_CACHED_LENGTH = 4096


class StatementKind(StrEnum):
    """What a statement does."""

    READ = "read"
    CHANGE = "change"
    DDL = "ddl"


class Checked(NamedTuple):
    """A statement that may run: without semicolon and comments around it; `keyword` is its verb, behind any WITH."""

    sql: str
    kind: StatementKind
    keyword: str


def check(sql: str) -> Checked:
    """Return the one statement of a text when a tenant may run it.

    Raises:
        SqlRefused: It is none or several, of a kind that is not allowed, or names what is not the tenant's.
    """
    return _check_cached(sql) if len(sql) <= _CACHED_LENGTH else _check(sql)


def _check(sql: str) -> Checked:
    try:
        statements = split_statements(sql)
        if len(statements) != 1:
            raise SqlRefused(
                "sql_refused", f"expected exactly one SQL statement, got {len(statements)}; use the transaction route"
            )
        statement = statements[0].sql
        parts = list(tokens(statement))
    except SqlTextError as error:
        raise SqlRefused("sql_error", f"the SQL text cannot be read: {error}") from None
    keyword = _main_verb(parts) if parts[0].upper == "WITH" else parts[0].upper
    kind = _kind(parts, keyword)
    if keyword == "PRAGMA":
        _check_pragma(parts)
    if keyword == "CREATE":
        _check_create(parts)
    _check_names(parts)
    return Checked(statement, kind, keyword)


def read(sql: str) -> Checked:
    """Return the statement when it only reads.

    Raises:
        SqlRefused: Like check(), or it writes.
    """
    checked = check(sql)
    if checked.kind is not StatementKind.READ:
        raise SqlRefused("not_a_read", f"{checked.keyword} writes; this route only reads, send writes to exec")
    return checked


def write(sql: str) -> Checked:
    """Return the statement when it changes rows or the schema.

    Raises:
        SqlRefused: Like check(), or it only reads.
    """
    checked = check(sql)
    if checked.kind is StatementKind.READ:
        raise SqlRefused("not_a_write", f"{checked.keyword} only reads; send reads to the query route")
    return checked


def create(sql: str) -> Checked:
    """Return the statement when it is a CREATE.

    Raises:
        SqlRefused: Like check(), or it is anything but CREATE.
    """
    checked = check(sql)
    if checked.keyword != "CREATE":
        raise SqlRefused("not_a_create", f"expected a CREATE statement, got {checked.keyword}")
    return checked


_check_cached = lru_cache(_CACHED_STATEMENTS)(_check)


def _kind(parts: Sequence[Token], keyword: str) -> StatementKind:
    if keyword in words.READ_WORDS:
        return StatementKind.READ
    if keyword in words.CHANGE_WORDS:
        return StatementKind.CHANGE
    if keyword in words.DDL_WORDS:
        return StatementKind.DDL
    reason = words.REFUSED_WORDS.get(keyword)
    if reason:
        raise SqlRefused("sql_refused", f"{keyword} is refused: {reason}")
    raise SqlRefused("sql_error", f"a statement cannot start with {parts[0].text[:40]!r}")


def _main_verb(parts: Sequence[Token]) -> str:
    """Return the verb behind the common table expressions of a WITH.

    SELECT and VALUES are reserved words, so the first of these outside parentheses is never a table's name. A
    table called `replace` may be taken for the verb; the statement then counts as a write, and that is safe.
    """
    depth = 0
    for part in parts:
        if part.upper == "(":
            depth += 1
        elif part.upper == ")":
            depth -= 1
        elif depth == 0 and (part.upper in words.CHANGE_WORDS or part.upper in {"SELECT", "VALUES"}):
            return part.upper
    raise SqlRefused("sql_error", "WITH is not followed by a SELECT, INSERT, UPDATE or DELETE")


def _check_pragma(parts: Sequence[Token]) -> None:
    """Allow `PRAGMA name(object)` for the harmless names, nothing else: no assignment, no schema prefix."""
    name = parts[1].text.lower() if len(parts) > 1 else ""
    shape = [part.upper for part in (*parts[2:3], *parts[4:])]
    if name not in words.PRAGMAS or parts[1].kind is not Kind.WORD or len(parts) != 5 or shape != ["(", ")"]:
        allowed = ", ".join(sorted(words.PRAGMAS))
        raise SqlRefused(
            "sql_refused",
            f"this PRAGMA is refused; allowed are {allowed}, each as PRAGMA name(object); "
            "GET /v1/rqlite/schema lists every table",
        )


def _check_create(parts: Sequence[Token]) -> None:
    second = parts[1].upper if len(parts) > 1 else ""
    if second in {"TEMP", "TEMPORARY"}:
        raise SqlRefused("sql_refused", "temporary objects are refused: the connection is shared by all callers")
    if second != "VIRTUAL":
        return
    module = next((b for a, b in pairwise(parts) if a.upper == "USING"), None)
    if module is None or module.text.lower() != "fts5":
        raise SqlRefused("sql_refused", "of the virtual tables only fts5 is allowed")
    for part, following in pairwise(parts):
        if following.upper.startswith("=") and part.text.lower() not in words.FTS5_OPTIONS:
            allowed = ", ".join(sorted(words.FTS5_OPTIONS))
            raise SqlRefused("sql_refused", f"the fts5 option {part.text[:40]} is refused; allowed are {allowed}")


def _check_names(parts: Sequence[Token]) -> None:
    for position, part in enumerate(parts):
        if part.kind not in {Kind.WORD, Kind.QUOTED, Kind.STRING}:
            continue
        name = _unquote(part).lower()
        if name in words.CATALOGUES:
            raise SqlRefused("sql_refused", f"{name} cannot be read here; GET /v1/rqlite/schema lists your tables")
        if name in words.REFUSED_NAMES or name.startswith(words.OWNED_PREFIXES):
            hint = "; pass text as a parameter in args" if part.kind is Kind.STRING else ""
            raise SqlRefused("sql_refused", f"the name {part.text[:60]} is reserved{hint}")
        if name == "temp" and position + 1 < len(parts) and parts[position + 1].upper == ".":
            raise SqlRefused("sql_refused", "temporary objects are refused: the connection is shared by all callers")


def _unquote(part: Token) -> str:
    if part.kind is Kind.WORD:
        return part.text
    quote = part.text[-1]
    inner = part.text[1:-1]
    return inner if quote == "]" else inner.replace(quote * 2, quote)
