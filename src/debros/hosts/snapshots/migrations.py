"""Whether the tables of a backup fit the gateway that is installed here."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from debros.rqlite import migrate

if TYPE_CHECKING:
    from pathlib import Path

_APPLIED = "SELECT version, name, checksum FROM schema_migrations ORDER BY version"


def warnings(backup: Path, directory: Path) -> list[str]:
    """Compare the migrations applied in a backup with those of the installed gateway.

    Args:
        backup: a verified database file.
        directory: where the gateway's migrations are.

    Returns:
        What the operator should know; nothing when they are the same.
    """
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(backup.absolute()))}?mode=ro&immutable=1", uri=True)
        ) as database:
            applied = {int(version): (name, checksum) for version, name, checksum in database.execute(_APPLIED)}
    except sqlite3.Error:
        return ["the backup has no tables of a gateway; it makes new ones when it is restarted"]
    known = {each.version: each for each in migrate.load_directory(directory)}
    said = []
    for version, (name, checksum) in applied.items():
        if version not in known:
            text = (
                f"migration {version:03} ({name}) of the backup is unknown here: the gateway is older than the backup"
            )
            said.append(f"{text} and will not start; install the release that made it")
        elif known[version].checksum != checksum:
            said.append(f"migration {version:03} ({name}) of the backup is another than the installed one")
    missing = [each.file for version, each in known.items() if version not in applied]
    if missing:
        said.append(f"the backup is older than the gateway, which adds {', '.join(missing)} when it is restarted")
    return said
