"""Texts made of a statement by changing it in places, and of what is settled anew at every run: time and randomness."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Moment(StrEnum):
    """A form of the present time, as SQLite writes it (UTC)."""

    DATE = "%Y-%m-%d"
    TIME = "%H:%M:%S"
    DATETIME = "%Y-%m-%d %H:%M:%S"
    # What 'now' stands for; SQLite keeps milliseconds.
    NOW = "%Y-%m-%d %H:%M:%S.mmm"


class Randomness(NamedTuple):
    """Random bytes as a BLOB; without a size, a random integer of 64 bits."""

    size: int | None = None


Hole = Moment | Randomness
Part = str | Hole


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces the characters from `start` to `end` of a statement."""

    start: int
    end: int
    parts: tuple[Part, ...]


def edited(sql: str, edits: Iterable[Edit]) -> tuple[Part, ...]:
    """Return a statement with edits applied; they must not overlap. Those at one place keep their order."""
    parts: list[Part] = []
    last = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts.append(sql[last : edit.start])
        parts.extend(edit.parts)
        last = edit.end
    parts.append(sql[last:])
    joined: list[Part] = []
    for part in parts:
        # type() and not isinstance(): a Moment is a str too.
        if joined and type(part) is str and type(joined[-1]) is str:
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)


def text(parts: tuple[Part, ...], now: datetime) -> str:
    """Return the SQL of a run.

    Whatever fills a hole is a literal, or an expression of literals in parentheses, of the same kind every time: what
    was proved with one filling holds for every other.
    """
    if len(parts) == 1 and type(parts[0]) is str:
        return parts[0]
    return "".join(_filled(part, now) for part in parts)


def present() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def moment(form: Moment, now: datetime) -> str:
    """Return the time in one of SQLite's forms, without quotes."""
    return now.strftime(form.value).replace("mmm", f"{now.microsecond // 1000:03}")


def _filled(part: Part, now: datetime) -> str:
    match part:
        case Moment():
            return f"'{moment(part, now)}'"
        case Randomness(size=None):
            number = secrets.randbits(64)
            # Halves, because a literal of 64 bits may be negative and would be two tokens then, or one; and an
            # expression, because a plain number in ORDER BY means a column.
            return f"({number >> 32}<<32|{number & 0xFFFFFFFF})"
        case Randomness(size=int(size)):
            return f"x'{secrets.token_hex(max(size, 1))}'"
    return str(part)
