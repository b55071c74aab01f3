"""`debros-host restore`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from debros.hosts.options import directory_option, timeout_option
from debros.hosts.restoring import whole
from debros.hosts.restoring.asked import Request, print_answer
from debros.hosts.settings import Command, Settings


@click.command("restore", cls=Command)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--rollback", is_flag=True, help="Put back what the last restore has replaced.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@timeout_option("600s", "How long services may take to serve again.")
@directory_option
@click.pass_obj
def command(
    settings: Settings,
    file: Path | None,
    rollback: bool,  # noqa: FBT001 - click's
    yes: bool,  # noqa: FBT001 - click's
    timeout: float,
    directory: Path,
) -> None:
    """Put a backup in the place of the cluster's data.

    FILE is a path, or a name in the directory of backups. On a cluster of one host this is all there is to do: the new
    data are made and compared with the backup while the old ones serve, then gateway and database are stopped, the
    directories change places, and both are started. A failure on the way puts the old data back. For a cluster of
    several hosts there is the playbook ansible/restore.yml, which runs the steps on all of them.
    """
    request = Request(file, directory, timeout=timeout)
    if rollback == (file is not None):
        raise click.UsageError("name a backup, or say --rollback")
    if rollback:
        question, run = "Replace all data of this host with those of before the restore?", whole.roll_back
    else:
        question, run = f"Replace all data of this host with {request.backup.name}?", whole.restore
    whole.require_alone(settings, request)
    if not yes:
        _ask(question)
    print_answer(settings, run(settings, request))


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here; give --yes to replace the data")
    click.confirm(question, abort=True, err=True)
