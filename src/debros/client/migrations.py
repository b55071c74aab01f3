"""An application's own schema, kept by numbered migrations: each is applied once, whole, however many start together.

They are files `NNN_name.sql` of a directory, or texts of the program. A migration and its row in `schema_migrations`, a
table of the namespace, are one transaction, so there is never the one without the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from debros.client.errors import BadRequestError, MigrationError, TooLargeError
from debros.client.sql.operations import Write
from debros.rqlite import migrate
from debros.rqlite.migrate import Migration, MigrationStatus, State

if TYPE_CHECKING:
    from debros.client.sql.database import Database

__all__ = ["Migration", "MigrationStatus", "Migrations", "Source", "State"]

# A directory of files, or texts by name, in the order in which they are to be applied.
Source = str | PathLike[str] | Mapping[str, str]


class Migrations:
    """Migrations of one namespace. Every method raises DebrosError as errors.py tells."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, source: Source, *, timeout: float | None = None) -> list[Migration]:
        """Apply what is pending, in order.

        Args:
            source: A directory of `NNN_name.sql`, or SQL by name: the first is 001, the second 002 …
            timeout: Seconds for each migration; None for the client's.

        Returns:
            Those that this call has applied; what another runner got to first is not among them.

        Raises:
            MigrationError: One cannot be loaded, was changed or is missing after it was applied, or has failed: then
                the database is as if it had never been tried, and those before it stay applied.
            OutcomeUnknownError: Nobody knows about the last one; calling again is safe and finds out.
        """
        migrations = load(source)
        await self._database.exec(migrate.CREATE, timeout=timeout)
        applied: list[Migration] = []
        while pending := _pending(migrations, await self._applied(timeout)):
            if await self._apply(pending[0], timeout):
                applied.append(pending[0])
        return applied

    async def status(self, source: Source, *, timeout: float | None = None) -> list[MigrationStatus]:
        """Return how each migration stands, in order, without changing anything. The arguments are those of `apply`.

        Raises:
            MigrationError: One cannot be loaded.
        """
        migrations = load(source)
        known = await self._database.query(migrate.EXISTS, level="strong", timeout=timeout)
        return migrate.statuses(migrations, await self._applied(timeout) if known else [])

    async def _applied(self, timeout: float | None) -> list[migrate.AppliedRow]:
        # Strong: a leader that was just deposed must not tell that a migration is still pending.
        rows = await self._database.query(migrate.APPLIED, level="strong", timeout=timeout)
        return [migrate.AppliedRow(*row) for row in rows.values]

    async def _apply(self, migration: Migration, timeout: float | None) -> bool:
        """Apply one; return False when another runner was faster."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        record = Write(migrate.RECORD, [migration.version, migration.name, migration.checksum, now])
        statements = [statement.sql for statement in migration.statements]
        try:
            await self._database.transaction([record, *statements], timeout=timeout)
        except (BadRequestError, TooLargeError) as error:
            # Another runner's commit shows in many ways: its row is taken, its table is there already. Only the rows
            # tell that from a migration that is wrong.
            if migration.version in {row.version for row in await self._applied(timeout)}:
                return False
            raise _failed(migration, error) from error
        return True


def load(source: Source) -> list[Migration]:
    """Return the migrations of a directory, or of texts by name.

    Raises:
        MigrationError: One cannot be read, has no statement, or is misnamed.
    """
    try:
        if isinstance(source, str | PathLike):
            return migrate.load_directory(Path(source))
        return [
            migrate.parse(number, name, text, f"migration {name!r}")
            for number, (name, text) in enumerate(source.items(), start=1)
        ]
    except migrate.MigrationError as error:
        raise MigrationError(str(error)) from None


def _pending(migrations: list[Migration], applied: list[migrate.AppliedRow]) -> list[Migration]:
    try:
        return migrate.pending(migrations, applied)
    except migrate.MigrationError as error:
        raise MigrationError(str(error)) from None


def _failed(migration: Migration, error: BadRequestError | TooLargeError) -> MigrationError:
    place = ""
    if error.index:
        place = f" statement {error.index}, line {migration.statements[error.index - 1].line}:"
    return MigrationError(
        f"{migration.file}:{place} {error.message.removeprefix(f'index {error.index}: ')}",
        status=error.status,
        request_id=error.request_id,
        index=error.index,
        endpoint=error.endpoint,
    )
