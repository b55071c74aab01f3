"""`debros-host restore`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from debros.hosts.commands.backup import directory_option
from debros.hosts.settings import Command, Settings
from debros.hosts.snapshots import migrations, store
from debros.hosts.snapshots.digest import SnapshotError
from debros.hosts.snapshots.restore import require_quorum, restore
from debros.hosts.snapshots.verify import verify
from debros.terminal import output
from debros.terminal.durations import DurationType
from debros.terminal.errors import CliError


@click.command("restore", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--timeout",
    metavar="TIME",
    type=DurationType(bare_seconds=True),
    default="120s",
    show_default=True,
    help="Wait for a leader so long.",
)
@directory_option
@click.pass_obj
def command(settings: Settings, file: Path, yes: bool, timeout: float, directory: Path) -> None:  # noqa: FBT001 - click's
    """Put a backup in the place of the cluster's data.

    On one host, for all. FILE is a path, or a name in the directory of backups. It is checked before anything is
    touched; what is there now becomes a backup first (before-restore-<UTC time>.sqlite); and afterwards every table is
    compared with the manifest. Stop the gateways on all hosts before, and start them after: what they write meanwhile
    would be lost, or be a difference.
    """
    path = _resolved(file, directory)
    try:
        manifest = verify(path)
    except SnapshotError as error:
        raise CliError(f"{path}: {error}", code="backup_unsound", hint="others: debros-host backups --verify") from None
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}", code="backup_unsound", hint="see: debros-host backups") from None
    with settings.database() as database:
        cluster = require_quorum(database)
        warnings = _migration_warnings(path)
        for warning in warnings:
            output.say(settings, f"Warning: {warning}")
        summary = f"{path.name} of {manifest.created:%Y-%m-%d %H:%M} UTC, {manifest.content.rows} rows"
        if not yes:
            _ask(f"Replace all data of the {len(cluster.members)} hosts with {summary}?")
        with store.locked(directory):
            done = restore(settings, database, directory, path, manifest, timeout)
    if settings.json:
        facts = {"changed": True, "file": str(path), "before": str(done.before.path), "warnings": warnings}
        counts = {"tables": len(done.content.tables), "rows": done.content.rows, "differences": []}
        output.document({**facts, **counts})
        return
    output.line(f"restored {summary}; all {len(done.content.tables)} tables equal the backup")
    output.line(f"what was there before: {done.before.path}")


def _resolved(file: Path, directory: Path) -> Path:
    """Return the file: a bare name that is not here lies in the directory."""
    return directory / file if len(file.parts) == 1 and not file.exists() else file


def _migration_warnings(path: Path) -> list[str]:
    from debros.gateway.preparation import migrations_directory  # noqa: PLC0415 - loads an HTTP client

    return migrations.warnings(path, migrations_directory())


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here; give --yes to replace the cluster's data")
    click.confirm(question, abort=True, err=True)
