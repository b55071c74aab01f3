r"""Data on stdout, talk on stderr.

Tables are drawn (rich) on a terminal. Into a pipe or a file they are tab-separated lines, the column names first, with
PostgreSQL's COPY escapes: \N for NULL, and \t \n \r \\ in texts. Control characters never reach a terminal.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any, Protocol

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Talk(Protocol):
    """What a program's settings say about talk on stderr.

    Attributes:
        quiet: nothing but errors.
        verbose: from 1 on, what is being done.
    """

    @property
    def quiet(self) -> bool: ...  # noqa: D102 - see the class

    @property
    def verbose(self) -> int: ...  # noqa: D102 - see the class


_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_TO_ESCAPE = re.compile(r"[\\\t\n\r]")
# C0, DEL, C1, and the bidirectional controls that let a text lie about its order (Unicode TR36).
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def say(settings: Talk, text: str) -> None:
    """Tell the user something that is not data, unless they asked for quiet."""
    if not settings.quiet:
        click.echo(printable(text), err=True)


def trace(settings: Talk, text: str) -> None:
    """Tell the user what is being done, if they asked for it."""
    if settings.verbose:
        click.echo(printable(text), err=True)


def raw(data: bytes) -> None:
    """Write bytes to stdout as they are, all of them.

    With PYTHONUNBUFFERED stdout has no buffer, and one write may take a part only: at a signal, or as its reader goes.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()


def line(text: str) -> None:
    """Write one line to stdout; on a terminal, control characters are shown instead of sent."""
    shown = printable(text) if sys.stdout.isatty() else text
    raw(f"{shown}\n".encode(errors="backslashreplace"))


def document(value: Any) -> None:
    """Write JSON: laid out on a terminal, one line otherwise."""
    text = json.dumps(value, ensure_ascii=False)
    if sys.stdout.isatty():
        text = json.dumps(value, ensure_ascii=False, indent=2)
        text = _CONTROL.sub(lambda m: m[0] if m[0] == "\n" else f"\\u{ord(m[0]):04x}", text)
    raw(f"{text}\n".encode(errors="backslashreplace"))


def json_line(value: Any) -> None:
    """Write JSON on one line, wherever it goes: for streams."""
    line(json.dumps(value, ensure_ascii=sys.stdout.isatty()))


def printable(text: str) -> str:
    """Show control characters (except tab and newline) as escapes, so that no data can steer the terminal."""
    return _CONTROL.sub(lambda m: m[0] if m[0] in "\t\n" else m[0].encode("unicode_escape").decode(), text)


def escaped(text: str) -> str:
    """Return a text as one field of a tab-separated line."""
    return _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], text)


def facts(pairs: Mapping[str, Any]) -> None:
    """Write names and values, one a line."""
    if not sys.stdout.isatty():
        for name, value in pairs.items():
            line(f"{escaped(name)}\t{_field(value)}")
        return
    from debros.terminal.tables import draw_facts  # noqa: PLC0415 - as for tables

    draw_facts(pairs)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table in the form that fits where it goes."""
    if sys.stdout.isatty():
        from debros.terminal.tables import draw  # noqa: PLC0415 - rich is only loaded when there is a terminal to draw on

        draw(columns, list(rows))
        return
    lines = ["\t".join(map(escaped, columns)), *("\t".join(map(_field, row)) for row in rows)]
    raw("".join(f"{one}\n" for one in lines).encode(errors="backslashreplace"))


def cell(value: Any) -> str:
    """Return a value for a reader at a terminal: NULL for null, and the text NULL in quotes."""
    if value is None:
        return "NULL"
    if value == "NULL":
        return "'NULL'"
    return printable(_text(value)).replace("\t", "\\t")


def indented(text: str, width: int) -> str:
    """Return a text whose second and later lines start under its first, `width` cells from the left."""
    return text.replace("\n", f"\n{'':{width}}")


def _field(value: Any) -> str:
    return "\\N" if value is None else escaped(_text(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
