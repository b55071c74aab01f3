"""What a SQLite file holds, whatever its pages look like: a count and a checksum for each table.

A table's checksum is the sum, modulo 2^256, of the SHA-256 of each of its rows. Neither the order of the rows nor their
place in the file matters, rows that occur twice count twice, and memory stays at one row. It tells accidents, not
forgers: whoever may write backups may write manifests. The manifest has the SHA-256 of the file as well.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from debros.hosts import applied

if TYPE_CHECKING:
    from pathlib import Path

_MODULUS = 1 << 256
# Not data: the mark of each host changes with every look whether it is ready, and rqlite renews the statistics daily.
_PASSED_OVER = frozenset({applied.TABLE, "sqlite_stat1", "sqlite_stat4"})
_MOST_ERRORS = 3  # of PRAGMA integrity_check; the first tells enough
_LENGTH = struct.Struct(">Q")
_REAL = struct.Struct(">d")


class SnapshotError(Exception):
    """A file that is not a sound database; the text says in what respect."""


class _Text(bytes):
    """A TEXT value as its bytes, so that it is not taken for a BLOB (and need not be UTF-8)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table's content.

    Attributes:
        rows: their number.
        checksum: 64 hex digits.
    """

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Content:
    """A database's content.

    Attributes:
        tables: by name; indexes and views have no content of their own, and virtual tables keep theirs in others.
        schema: SHA-256 over all objects' definitions, hex.
    """

    tables: dict[str, Table]
    schema: str

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())


def read(path: Path) -> Content:
    """Check a database file that nobody writes to, and return its content. The file is not changed.

    Raises:
        SnapshotError: it is not a sound database.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:  # for an error that says why
        file.read(1)
    # immutable: a file in WAL mode, as rqlite hands them out, would otherwise get two more beside it.
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True)
        ) as connection:
            connection.text_factory = _Text
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            _check(connection)
            return Content({name: _table(connection, name) for name in _names(connection)}, _schema(connection))
    except sqlite3.Error as error:
        raise SnapshotError(f"SQLite cannot read it: {error}") from None


def differences(wanted: Content, found: Content) -> list[str]:
    """Say in words what differs between two contents; nothing when they are equal."""
    said = []
    for name in sorted(wanted.tables.keys() | found.tables.keys()):
        before, now = wanted.tables.get(name), found.tables.get(name)
        if before is None and now is not None:
            said.append(f"table {name}: not in the backup, {now.rows} rows now")
        elif before is not None and now is None:
            said.append(f"table {name}: {before.rows} rows in the backup, missing now")
        elif before is not None and now is not None and before.rows != now.rows:
            said.append(f"table {name}: {before.rows} rows in the backup, {now.rows} now")
        elif before != now:
            said.append(f"table {name}: the same number of rows, other content")
    if not said and wanted.schema != found.schema:
        said.append("the definitions of tables, indexes, views or triggers")
    return said


def _check(connection: sqlite3.Connection) -> None:
    # A row against a CHECK is no damage to the file, and the expression may use what this SQLite does not know.
    connection.execute("PRAGMA ignore_check_constraints = ON")
    try:
        problems = _problems(connection, "integrity_check")
    except sqlite3.OperationalError as error:
        if "unknown function" not in str(error):
            raise
        # An index on a function of rqlite's newer SQLite: only whether that index fits its table cannot be checked.
        problems = _problems(connection, "quick_check")
    if problems != ["ok"]:
        raise SnapshotError(f"PRAGMA integrity_check: {'; '.join(problems)}")


def _problems(connection: sqlite3.Connection, pragma: str) -> list[str]:
    return [_plain(row[0]) for row in connection.execute(f"PRAGMA {pragma}({_MOST_ERRORS})")]


def _names(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the tables that hold rows: a virtual table keeps its own in ordinary ones."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND rootpage > 0 ORDER BY name")
    names = [_plain(name) for name, _ in rows]
    return [name for name in names if name not in _PASSED_OVER]


def _table(connection: sqlite3.Connection, name: str) -> Table:
    quoted = _quoted(name)
    # hidden = 0: an ordinary column. Generated ones follow from the others, perhaps by functions this SQLite lacks.
    columns = [_plain(row[1]) for row in connection.execute(f"PRAGMA table_xinfo({quoted})") if row[6] == 0]
    rows = total = 0
    # The columns' names and their order are part of what a row means.
    head = hashlib.sha256(b"".join(_encoded(_Text(column.encode())) for column in columns))
    for row in connection.execute(f"SELECT {', '.join(map(_quoted, columns))} FROM {quoted} NOT INDEXED"):  # noqa: S608 - names are quoted
        digest = head.copy()
        for value in row:
            digest.update(_encoded(value))
        total = (total + int.from_bytes(digest.digest())) % _MODULUS
        rows += 1
    return Table(rows, f"{total:064x}")


def _schema(connection: sqlite3.Connection) -> str:
    digest = hashlib.sha256()
    select = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    for kind, name, table, sql in connection.execute(select):
        if _plain(table) not in _PASSED_OVER:
            for value in (kind, name, table, sql):
                digest.update(_encoded(value))
    return digest.hexdigest()


def _encoded(value: float | bytes | None) -> bytes:
    """Return a value with its type and length, so that no two rows look alike."""
    match value:
        case None:
            return b"n"
        case int():
            return b"i" + value.to_bytes(8, signed=True)
        case float():
            return b"r" + _REAL.pack(value)
        case _Text():
            return b"t" + _LENGTH.pack(len(value)) + value
        case bytes():
            return b"b" + _LENGTH.pack(len(value)) + value


def _plain(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode(errors="backslashreplace")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
