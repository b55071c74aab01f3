"""The gateway's own tables: migrated in the background, because rqlite may have no leader yet when we start."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path

from debros import logs
from debros.rqlite import migrate
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import AccessDenied, RqliteError

_log = logs.get("debros.gateway")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0  # seconds


class Preparation:
    """Whether the tables are there.

    Attributes:
        done: The migrations are applied.
        failure: Why they never will be without the operator; empty while there is hope.
    """

    def __init__(self) -> None:
        self.done = False
        self.failure = ""

    def is_done(self) -> bool:
        """Return `done`, as a function for those who ask later."""
        return self.done

    async def run(
        self, client: RqliteClient, directory: Path, fill: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Apply the migrations and `fill` the tables, as often as it takes while the cluster cannot say yes."""
        pause = _FIRST_PAUSE
        while True:
            try:
                applied = await migrate.apply(client, migrate.load_directory(directory))
                if fill is not None:
                    await fill()
            except migrate.MigrationError as error:
                # Trying again would not help, and ending would take down what works without these tables.
                self.failure = str(error)
                _log.error("migration failed; correct it and restart the gateway", error=self.failure)
                return
            except AccessDenied:
                _log.error(
                    "the database refuses our credentials; correct rqlite_credentials_file, or give the user there the "
                    "permissions execute, query, status and ready, and restart the gateway",
                    retry_in=_LONGEST_PAUSE,
                )
                await asyncio.sleep(_LONGEST_PAUSE)
            except RqliteError as error:
                _log.info("waiting for the database", reason=type(error).__name__, retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self.done = True
                _log.info("tables are ready", migrations_applied=[step.file for step in applied])
                return


def migrations_directory() -> Path:
    """Return where the gateway's migrations are: in the package, or in the checkout it runs from."""
    packaged = Path(str(resources.files("debros"))) / "_data" / "migrations"
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parents[3] / "migrations"
