"""What a person is told while migrations are applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode
from debros.terminal.progress import Progress

if TYPE_CHECKING:
    from types import TracebackType

    from debros.cli.settings import Settings
    from debros.rqlite.migrate import Migration


class Applying:
    """Names each migration as it is applied, and after Ctrl-C says what is known; a context manager around the work.

    Args:
        settings: how to speak.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._progress = Progress(settings)
        self._current = ""

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)
        if isinstance(error, KeyboardInterrupt) and self._current:
            raise CliError(
                f"interrupted while {self._current} was being applied",
                code="interrupted",
                exit_code=ExitCode.INTERRUPTED,
                hint=f"{self._current} was being applied, and is whole or not there at all; run this again: what was "
                "applied is not applied a second time",
            ) from error

    def begins(self, migration: Migration, number: int, total: int) -> None:
        """Name one that is tried now."""
        self._current = migration.file
        self._progress.step(f"applying {migration.file}, {number} of {total} ...")

    def applied(self, migration: Migration) -> None:
        """Name one that was applied, where data go: what comes after it may fail."""
        self._current = ""
        self._progress.clear()
        if self._settings.format != "json":
            output.line(migration.file)
