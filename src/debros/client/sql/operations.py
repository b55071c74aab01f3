"""What a transaction is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from debros.client.sql.values import Value, statement

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@dataclass(frozen=True, slots=True)
class Write:
    """A write in a transaction: one INSERT, UPDATE, DELETE or definition, and the values of its `?`."""

    sql: str
    args: Sequence[Value] = ()
    blobs: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A read in a transaction: before the first write, or after the last; `blobs` as for a query."""

    sql: str
    args: Sequence[Value] = ()
    blobs: Collection[str] = ()


Operation = Write | Read


def operations(given: Sequence[Operation | str]) -> list[Operation]:
    """Return the operations; a bare text is a write without values.

    Raises:
        TypeError: One is none.
    """
    if isinstance(given, str):
        raise TypeError("a transaction is a list of operations, not one text")
    found = [Write(one) if isinstance(one, str) else one for one in given]
    for place, one in enumerate(found):
        if not isinstance(one, Write | Read):
            raise TypeError(f"operation {place} is neither Write, Read nor a text, but {type(one).__name__}")
    return found


def as_sent(operation: Operation) -> dict[str, Any]:
    """Return an operation as a gateway takes it."""
    kind = "exec" if isinstance(operation, Write) else "query"
    return {"kind": kind, **statement(operation.sql, operation.args)}
