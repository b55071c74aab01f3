"""Schema migrations: `NNN_name.sql` files applied in order, each exactly once, however many appliers start together.

A file and its row in `schema_migrations` are one transaction, the row's INSERT first: when several gateways start
at the same moment, exactly one of them commits and the others fail on the primary key, look again and go on.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from debros.rqlite import sqltext
from debros.rqlite.errors import StatementError, UnknownOutcome
from debros.rqlite.types import Level, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from debros.rqlite.client import RqliteClient

_FILE_NAME = re.compile(r"(\d{3})_([A-Za-z0-9][A-Za-z0-9_-]*)\.sql")

# The file is one transaction already, and these cannot run in it or would end it.
_FORBIDDEN = frozenset(
    {
        "ATTACH", "BEGIN", "COMMIT", "DETACH", "END", "PRAGMA", "RELEASE", "ROLLBACK", "SAVEPOINT", "VACUUM",
    }
)  # fmt: skip

# Whoever keeps migrations, here or in a namespace (debros.client.migrations), keeps them in this table.
CREATE = (
    "CREATE TABLE IF NOT EXISTS schema_migrations"
    " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TEXT NOT NULL)"
)
EXISTS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
APPLIED = "SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version"
RECORD = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)"

# An unknown outcome is settled by looking whether the row is there; a cluster that loses its leader three times in a
# row during one file has a problem that trying again does not solve.
_ATTEMPTS = 3


class MigrationError(Exception):
    """A migration cannot be loaded or applied; the message names the file and, where there is one, the line."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration file.

    Attributes:
        version: The number in its name.
        name: The rest of its name, without `.sql`.
        file: Name of the file, for messages.
        checksum: SHA-256 of its text, hex; line ends do not count, so a checkout on another system does not change it.
        statements: Its statements with their lines.
    """

    version: int
    name: str
    file: str
    checksum: str
    statements: tuple[sqltext.SplitStatement, ...]


class State(StrEnum):
    """How a migration stands in a database."""

    APPLIED = "applied"
    PENDING = "pending"
    CHANGED = "changed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """How one migration stands. `applied_at` is UTC in ISO 8601, or None while pending."""

    version: int
    name: str
    state: State
    applied_at: str | None


@dataclass(frozen=True, slots=True)
class AppliedRow:
    """A row of the table: a migration that was applied, and when (UTC, ISO 8601)."""

    version: int
    name: str
    checksum: str
    applied_at: str


def load_directory(path: Path) -> list[Migration]:
    """Read every `NNN_name.sql` of a directory, in order. Files with another suffix are left alone.

    Raises:
        MigrationError: The directory or a file cannot be read, a name does not fit, a number is missing or doubled, a
            file is empty, cannot be cut into statements, or controls transactions itself.
    """
    try:
        files = sorted(file for file in path.iterdir() if file.suffix == ".sql")
    except OSError as err:
        raise MigrationError(f"{path}: {err.strerror}") from None
    migrations = [_load(file) for file in files]
    if migrations and migrations[0].version == 0:
        raise MigrationError(f"{path / migrations[0].file}: numbers start at 001")
    for expected, migration in enumerate(migrations, start=1):
        if migration.version < expected:
            raise MigrationError(f"{path / migration.file}: number {migration.version:03} is used twice")
        if migration.version > expected:
            raise MigrationError(f"{path}: number {expected:03} is missing before {migration.file}")
    return migrations


class Watch(Protocol):
    """Hears how the work goes."""

    def begins(self, migration: Migration, number: int, total: int) -> None:
        """Hear that one is tried now: the `number`th of `total` that were pending at first."""

    def applied(self, migration: Migration) -> None:
        """Hear that this call has applied it."""


async def apply(
    client: RqliteClient,
    migrations: Sequence[Migration],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    watch: Watch | None = None,
) -> list[Migration]:
    """Apply what is pending, in order.

    Args:
        client: The database.
        migrations: All there are, in order.
        now: Tells the time.
        watch: Told how it goes.

    Returns:
        The migrations that this call applied; those another applier got to first are not among them.

    Raises:
        MigrationError: An applied migration was changed or is missing, or one failed: the database is then as if that
            file had never been tried, those before it stay applied.
        NoLeader, Unavailable, UnknownOutcome: The cluster cannot tell; calling again is safe.
    """
    await client.execute(Statement(CREATE))
    applied_here: list[Migration] = []
    attempts = total = told = 0
    while True:
        to_do = pending(migrations, await _applied(client))
        if not to_do:
            return applied_here
        migration = to_do[0]
        total = total or len(to_do)
        if watch and migration.version != told:
            told = migration.version
            watch.begins(migration, total - len(to_do) + 1, total)
        try:
            applied = await _apply_one(client, migration, now().isoformat(timespec="seconds"))
        except UnknownOutcome:
            attempts += 1
            if attempts >= _ATTEMPTS:
                raise
            continue
        attempts = 0
        if applied:
            applied_here.append(migration)
            if watch:
                watch.applied(migration)


async def status(client: RqliteClient, migrations: Sequence[Migration]) -> list[MigrationStatus]:
    """Return how each migration stands, in order of version, without changing anything.

    Raises:
        NoLeader, Unavailable: The cluster cannot tell.
    """
    exists = (await client.query(Statement(EXISTS), Level.STRONG)).values
    return statuses(migrations, await _applied(client) if exists else [])


def statuses(migrations: Sequence[Migration], applied: Sequence[AppliedRow]) -> list[MigrationStatus]:
    """Return how each migration stands, in order of version."""
    rows = {row.version: row for row in applied}
    known = {migration.version: migration for migration in migrations}
    lines = []
    for version in sorted(rows.keys() | known.keys()):
        row, migration = rows.get(version), known.get(version)
        if migration is None:
            assert row is not None
            lines.append(MigrationStatus(version, row.name, State.MISSING, row.applied_at))
        elif row is None:
            lines.append(MigrationStatus(version, migration.name, State.PENDING, None))
        else:
            state = State.APPLIED if _same(migration, row) else State.CHANGED
            lines.append(MigrationStatus(version, migration.name, state, row.applied_at))
    return lines


def _load(file: Path) -> Migration:
    match = _FILE_NAME.fullmatch(file.name)
    if match is None:
        raise MigrationError(f"{file}: a migration is named NNN_name.sql, for example 002_add_index.sql")
    try:
        # utf-8-sig: some editors put a byte order mark in front; it is no part of the SQL. "\r\n" becomes "\n".
        text = file.read_text(encoding="utf-8-sig")
    except OSError as err:
        raise MigrationError(f"{file}: {err.strerror}") from None
    except UnicodeDecodeError:
        raise MigrationError(f"{file}: not UTF-8 text") from None
    return parse(int(match[1]), match[2], text, str(file))


def parse(version: int, name: str, text: str, source: str) -> Migration:
    """Return the migration that a text is; `source` says where it came from, for errors.

    Raises:
        MigrationError: There is no statement in it, it cannot be cut into statements, or one controls transactions.
    """
    try:
        statements = tuple(sqltext.split_statements(text))
    except sqltext.SqlTextError as err:
        raise MigrationError(f"{source}: {err}") from None
    if not statements:
        raise MigrationError(f"{source}: there is no statement in it")
    for statement in statements:
        keyword = sqltext.first_keyword(statement.sql)
        if keyword in _FORBIDDEN:
            raise MigrationError(
                f"{source}: line {statement.line}: {keyword} is not allowed; a migration is one transaction"
            )
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return Migration(version, name, f"{version:03}_{name}.sql", checksum, statements)


async def _applied(client: RqliteClient) -> list[AppliedRow]:
    # Strong: a leader that has just been deposed must not tell us that a migration is still pending.
    return [AppliedRow(*row) for row in (await client.query(Statement(APPLIED), Level.STRONG)).values]


def pending(migrations: Sequence[Migration], rows: Sequence[AppliedRow]) -> list[Migration]:
    """Return what is still to be applied, in order.

    Raises:
        MigrationError: What was applied is not what the files say, or a file came in before one that was applied.
    """
    known = {migration.version: migration for migration in migrations}
    for row in rows:
        migration = known.get(row.version)
        if migration is None:
            raise MigrationError(
                f"migration {row.version:03}_{row.name}.sql was applied at {row.applied_at}, but the file is missing;"
                " put it back"
            )
        if not _same(migration, row):
            raise MigrationError(
                f"{migration.file}: differs from {row.version:03}_{row.name}.sql as applied at {row.applied_at};"
                " restore it and put the change into a new migration"
            )
    applied = {row.version for row in rows}
    found = [migration for migration in migrations if migration.version not in applied]
    newest = max(applied, default=0)
    if found and found[0].version < newest:
        raise MigrationError(f"{found[0].file}: not applied, although the later {newest:03} is; it needs a new number")
    return found


def _same(migration: Migration, row: AppliedRow) -> bool:
    return (migration.name, migration.checksum) == (row.name, row.checksum)


async def _apply_one(client: RqliteClient, migration: Migration, applied_at: str) -> bool:
    """Apply one migration; return False when another applier was faster."""
    record = Statement(RECORD, [migration.version, migration.name, migration.checksum, applied_at])
    try:
        await client.transaction([record, *(Statement(statement.sql) for statement in migration.statements)])
    except StatementError as err:
        if err.index == 0 and "schema_migrations.version" in err.message:
            return False
        if not err.index:
            raise MigrationError(f"{migration.file}: {err.message}") from None
        line = migration.statements[err.index - 1].line
        raise MigrationError(f"{migration.file}: statement {err.index}, line {line}: {err.message}") from None
    return True
