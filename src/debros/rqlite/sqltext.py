r"""SQL text cut into tokens by SQLite's own lexical rules (tokenize.c), without knowing its grammar.

Whoever needs to know where a statement ends, what it starts with or where a name stands asks here, so that a
semicolon in a string, a comment or a trigger body is never mistaken for the end of a statement.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"  # keyword or plain identifier
    QUOTED = "quoted"  # "x", [x] or `x`
    STRING = "string"
    BLOB = "blob"
    NUMBER = "number"
    PARAM = "param"
    OPERATOR = "operator"  # punctuation included


class Token(NamedTuple):
    """A token and its place: `sql[start:end] == text`."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """Upper-case text of a word or operator, empty for everything else: what a keyword is compared with."""
        return self.text.upper() if self.kind in {Kind.WORD, Kind.OPERATOR} else ""


class SqlTextError(ValueError):
    """Text that SQLite's tokenizer would not accept.

    Attributes:
        line: Line of the offending character, from 1.
    """

    def __init__(self, message: str, sql: str, position: int) -> None:
        self.line = line_of(sql, position)
        super().__init__(f"line {self.line}: {message}")


class SplitStatement(NamedTuple):
    """A statement of a longer text: without its semicolon and the comments around it."""

    sql: str
    line: int


# Every byte from 0x80 up counts as a letter for SQLite.
_LETTER = r"A-Za-z_\x80-\U0010ffff"
_ID = rf"[{_LETTER}0-9$]"
# \x0b continues white space but does not start it; U+FEFF (a byte order mark) is white space at a token's start.
# A comment that never ends runs to the end of the text; "/*" as the very last characters is two operators.
_SKIP = r"(?:[ \t\n\f\r][ \t\n\x0b\f\r]*|\ufeff|--[^\n]*|/\*(?=.)(?:(?!\*/).)*+(?:\*/)?)"
_SKIPPED = re.compile(rf"{_SKIP}*+", re.DOTALL)
_TOKEN = re.compile(
    rf"""
      (?P<blob>[xX]'(?:[0-9a-fA-F]{{2}})*+')
    | (?P<badblob>[xX]')
    | (?P<string>'(?:[^']|'')*+')
    | (?P<quoted>"(?:[^"]|"")*+" | `(?:[^`]|``)*+` | \[[^\]]*+\])
    | (?P<number>(?:0[xX][0-9a-fA-F](?:_?[0-9a-fA-F])*+
                 | (?:[0-9](?:_?[0-9])*+(?:\.(?:[0-9](?:_?[0-9])*+)?)?+ | \.[0-9](?:_?[0-9])*+)
                   (?:[eE][+-]?[0-9](?:_?[0-9])*+)?+)(?!{_ID}))
    | (?P<param>\?[0-9]*+ | [:@#$](?:::)*+{_ID}(?:{_ID}|::)*+(?:\([^\s)]*+\))?+(?!\())
    | (?P<word>[{_LETTER}]{_ID}*+)
    | (?P<operator>->>|->|\|\||<<|>>|<=|>=|<>|!=|==|[-+*/%&|~<>=(),.;])
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {kind.value: kind for kind in Kind}
_FIRST_WORD = re.compile(rf"[{_LETTER}]{_ID}*+")


def line_of(sql: str, position: int) -> int:
    """Return the line (from 1) in which a character stands."""
    return sql.count("\n", 0, position) + 1


def tokens(sql: str) -> Iterator[Token]:
    """Yield the tokens of a text, white space and comments left out.

    Raises:
        SqlTextError: At the first character that starts no token (an open string or bracket, a NUL, `1abc`).
    """
    nul = sql.find("\0")
    if nul >= 0:
        raise SqlTextError("NUL character in SQL", sql, nul)
    position = _skip(sql, 0)
    while position < len(sql):
        match = _TOKEN.match(sql, position)
        if match is None or match.lastgroup == "badblob":
            raise SqlTextError(f"unrecognized token: {sql[position : position + 20]!r}", sql, position)
        assert match.lastgroup is not None
        yield Token(_KINDS[match.lastgroup], match.group(), position, match.end())
        position = _skip(sql, match.end())


def is_blank(sql: str) -> bool:
    """Tell whether a text holds no statement: nothing but white space, comments and semicolons."""
    position = _skip(sql, 0)
    while sql[position : position + 1] == ";":
        position = _skip(sql, position + 1)
    return position >= len(sql)


def first_keyword(sql: str) -> str:
    """Return the first word in upper case, or "" when the text starts with something else."""
    match = _FIRST_WORD.match(sql, _skip(sql, 0))
    return match.group().upper() if match else ""


def split_statements(text: str) -> list[SplitStatement]:
    """Cut a text at the semicolons that end statements; those inside a trigger body do not.

    A trigger body ends as sqlite3_complete() says: `; END` followed by a semicolon (or by the end of the text).

    Raises:
        SqlTextError: The text cannot be tokenised, or a trigger body has no END.
    """
    statements: list[SplitStatement] = []
    statement: list[Token] = []
    for token in tokens(text):
        if token.upper != ";":
            statement.append(token)
        elif statement:
            if _in_trigger_body(statement):
                statement.append(token)
            else:
                statements.append(_cut(text, statement))
                statement = []
    if statement:
        if _in_trigger_body(statement):
            raise SqlTextError("CREATE TRIGGER without END;", text, statement[0].start)
        statements.append(_cut(text, statement))
    return statements


def single_statement(sql: str) -> str:
    """Return the one statement of a text, without the semicolon and comments around it.

    Raises:
        SqlTextError: There is none, there are several, or the text cannot be tokenised.
    """
    if ";" not in sql:
        # The usual case costs one look: nothing can follow the statement, only its presence is in question.
        if is_blank(sql):
            raise SqlTextError("empty statement", sql, 0)
        return sql
    statements = split_statements(sql)
    if len(statements) != 1:
        raise SqlTextError(f"expected one statement, got {len(statements)}", sql, 0)
    return statements[0].sql


def _skip(sql: str, position: int) -> int:
    match = _SKIPPED.match(sql, position)
    assert match is not None  # the pattern matches the empty string
    return match.end()


def _cut(text: str, statement: list[Token]) -> SplitStatement:
    start = statement[0].start
    return SplitStatement(text[start : statement[-1].end], line_of(text, start))


def _in_trigger_body(statement: list[Token]) -> bool:
    """Tell whether a semicolon after these tokens belongs to a trigger's body."""
    head = [token.upper for token in statement[:6]]
    if head[0] == "EXPLAIN":
        head = head[3:] if head[1:3] == ["QUERY", "PLAN"] else head[1:]
    if head[:1] != ["CREATE"] or "TRIGGER" not in head[1:2] + (
        head[2:3] if head[1:2] in (["TEMP"], ["TEMPORARY"]) else []
    ):
        return False
    return not (statement[-1].upper == "END" and len(statement) > 1 and statement[-2].upper == ";")
