"""`debros-host backups`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from debros.hosts.options import directory_option
from debros.hosts.settings import Command, Settings
from debros.hosts.snapshots import store
from debros.hosts.snapshots.digest import SnapshotError
from debros.hosts.snapshots.verify import verify
from debros.terminal import output
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from pathlib import Path


@click.command("backups", cls=Command)
@click.option("--verify", "thorough", is_flag=True, help="Read each one whole and check it against its manifest.")
@directory_option
@click.pass_obj
def command(settings: Settings, thorough: bool, directory: Path) -> None:  # noqa: FBT001 - click's
    """List the backups on this host.

    Newest first. Without --verify a backup counts as complete when its manifest can be read and tells its size. Exit
    code 1 when one of them cannot be relied upon.
    """
    now = dt.datetime.now(dt.UTC)
    shown = [_facts(backup, now, thorough=thorough) for backup in store.backups(directory)]
    if settings.json:
        output.document({"directory": str(directory), "backups": shown})
    elif not shown:
        output.line(f"no backups in {directory}")
    else:
        columns = ("file", "age", "bytes", "tables", "rows", "state")
        rows = [[one["file"], _age(one["age_seconds"]), *(one[name] for name in columns[2:])] for one in shown]
        output.table(columns, rows)
    bad = [one for one in shown if one["problem"]]
    if bad:
        text = "; ".join(f"{one['file']}: {one['problem']}" for one in bad)
        raise CliError(text, code="backup_unsound", hint="a new one: debros-host backup")


def _facts(backup: store.Backup, now: dt.datetime, *, thorough: bool) -> dict[str, Any]:
    problem = backup.problem
    if thorough and not problem:
        try:
            verify(backup.path)
        except SnapshotError as error:
            problem = str(error)
        except OSError as error:
            problem = error.strerror or str(error)
    manifest = backup.manifest
    return {
        "file": backup.path.name,
        "created": manifest.created.isoformat() if manifest else None,
        "age_seconds": round(backup.age(now)) if manifest else None,
        "bytes": backup.bytes,
        "tables": len(manifest.content.tables) if manifest else None,
        "rows": manifest.content.rows if manifest else None,
        "state": "unusable" if problem else "verified" if thorough else "complete",
        "problem": problem,
    }


def _age(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    minutes = seconds // 60
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
