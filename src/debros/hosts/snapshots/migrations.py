"""Whether the tables of a backup fit the gateway that is installed here."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from debros.rqlite import migrate

if TYPE_CHECKING:
    from pathlib import Path

_APPLIED = "SELECT version, name, checksum FROM schema_migrations ORDER BY version"


@dataclass(frozen=True, slots=True)
class Fit:
    """How a backup fits.

    Attributes:
        refusals: why the gateway could not run on it; nothing when it can.
        warnings: what the operator should know all the same.
    """

    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def compare(backup: Path, directory: Path) -> Fit:
    """Compare the migrations applied in a backup with those of the installed gateway.

    Args:
        backup: a verified database file.
        directory: where the gateway's migrations are.
    """
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(backup.absolute()))}?mode=ro&immutable=1", uri=True)
        ) as database:
            applied = {int(version): (name, checksum) for version, name, checksum in database.execute(_APPLIED)}
    except sqlite3.Error:
        return Fit(warnings=["the backup has no tables of a gateway; it makes new ones when it is started"])
    known = {each.version: each for each in migrate.load_directory(directory)}
    fit = Fit()
    for version, (name, checksum) in applied.items():
        if version not in known:
            fit.refusals.append(f"migration {version:03} ({name}) is unknown here: the backup is of a newer release")
        elif known[version].checksum != checksum:
            fit.refusals.append(f"migration {version:03} ({name}) is another than the installed one")
    missing = [each.file for version, each in known.items() if version not in applied]
    if missing:
        fit.warnings.append(f"the backup is older than the gateway, which adds {', '.join(missing)} when it is started")
    return fit
