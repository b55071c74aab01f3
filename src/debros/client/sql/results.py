"""What SQL comes back as."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from debros.client.errors import UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a read. Iterating gives one dict a row; of columns with the same name it keeps the last.

    Attributes:
        columns: Their names, in order.
        values: One list a row. Integers have all their digits; a BLOB is base64 text, unless it was asked for as bytes.
    """

    columns: list[str] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Row]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.values)

    def __len__(self) -> int:
        return len(self.values)

    def first(self) -> Row | None:
        """Return the first row; None when there is none."""
        return next(iter(self), None)

    def scalar(self) -> Any:
        """Return the first value of the first row; None when there is none."""
        return self.values[0][0] if self.values else None


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a write has done.

    Attributes:
        rows_affected: Rows inserted, changed or deleted.
        last_insert_id: Number of the row inserted last; 0 when there is none.
        rows: Those of a RETURNING clause.
    """

    rows_affected: int
    last_insert_id: int
    rows: Rows = field(default_factory=Rows)


@dataclass(frozen=True, slots=True)
class ReadFailed:
    """The result of a read at the end of a transaction that failed after the transaction was applied."""

    code: str
    message: str


class Column(msgspec.Struct, frozen=True):
    """A column; `default` is the SQL text of its DEFAULT, `pk` its place in the primary key or 0."""

    name: str
    type: str
    nullable: bool
    default: str | None
    pk: int


class Table(msgspec.Struct, frozen=True):
    """A table or view (`type`) and the statement that made it."""

    name: str
    type: str
    sql: str
    columns: list[Column]


class AnsweredRows(msgspec.Struct):
    """Rows as a gateway sends them."""

    columns: list[str] = []
    rows: list[list[Any]] = []

    def result(self, blobs: Collection[str] = ()) -> Rows:
        """Return the rows; the columns that `blobs` names as bytes."""
        return Rows(self.columns, [_with_bytes(row, self._places(blobs)) for row in self.rows] if blobs else self.rows)

    def _places(self, blobs: Collection[str]) -> list[int]:
        if unknown := set(blobs) - set(self.columns):
            raise ValueError(f"blobs: there is no column {min(unknown)!r}; there are {', '.join(self.columns)}")
        return [place for place, name in enumerate(self.columns) if name in blobs]


class AnsweredOperation(AnsweredRows):
    """A result in a transaction as a gateway sends it: a write's, a read's, or a failed read's."""

    rows_affected: int | None = None
    last_insert_id: int = 0
    error: str | None = None
    code: str = ""

    def outcome(self, blobs: Collection[str] = ()) -> ExecResult | Rows | ReadFailed:
        """Return what it is."""
        if self.error is not None:
            return ReadFailed(self.code, self.error)
        rows = self.result(blobs) if self.columns else Rows()
        return rows if self.rows_affected is None else ExecResult(self.rows_affected, self.last_insert_id, rows)


def items_with_bytes(items: list[Row], blobs: Collection[str]) -> list[Row]:
    """Return rows with the columns that `blobs` names as bytes."""
    if not blobs:
        return items
    return [{name: _bytes(cell) if name in blobs else cell for name, cell in row.items()} for row in items]


def _with_bytes(row: list[Any], places: list[int]) -> list[Any]:
    changed = list(row)
    for place in places:
        changed[place] = _bytes(row[place])
    return changed


def _bytes(cell: Any) -> bytes | None:
    if cell is None:
        return None
    try:
        return base64.b64decode(cell, validate=True)
    except (TypeError, binascii.Error, ValueError):
        raise UnexpectedAnswerError(
            f"blobs: {str(cell)[:40]!r} is no base64, so its column holds something else"
        ) from None
