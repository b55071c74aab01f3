"""The table of members (migrations/002_members.sql): the SQL that reads and changes it, and what its errors mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from debros.enrol.members import Member, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

TABLE: Final = "_gw_members"
_COLUMNS: Final = ("name", "address", "peer_id", "position")

READ: Final = f"SELECT {', '.join(_COLUMNS)} FROM {TABLE} ORDER BY position"  # noqa: S608 - constants of this file
# One statement that looks and writes: two members that let hosts in at the same moment cannot give out one position.
INSERT: Final = (
    f"INSERT INTO {TABLE} (name, address, peer_id, position, created_at)"  # noqa: S608 - see above
    f" SELECT ?, ?, ?, coalesce(max(position), 0) + 1, ? FROM {TABLE}"
)
TELL_PEER_ID: Final = f"UPDATE {TABLE} SET address = ?, peer_id = ? WHERE name = ? AND (address, peer_id) <> (?, ?)"  # noqa: S608 - see above
DELETE: Final = f"DELETE FROM {TABLE} WHERE name = ?"  # noqa: S608 - see above


def from_rows(rows: Sequence[Sequence[Any]]) -> list[Member]:
    """Return the members that READ has found.

    Raises:
        MemberError: a row holds what no member can be.
    """
    return parse(dict(zip(_COLUMNS, row, strict=True)) for row in rows)


def is_missing(message: str, table: str = TABLE) -> bool:
    """Tell whether an error of SQLite means that a table is not there yet: no newer gateway has run so far."""
    return message == f"no such table: {table}"


def taken(message: str) -> str:
    """Return which column of a new row another member has already ("name", "address"); "" for another error."""
    return next((name for name in ("name", "address") if f"{TABLE}.{name}" in message and "UNIQUE" in message), "")
