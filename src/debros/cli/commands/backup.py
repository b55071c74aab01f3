"""`network-cli backup`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from debros.cli.options import Command

if TYPE_CHECKING:
    from debros.cli.settings import Settings


@click.command(
    "backup",
    cls=Command,
    examples=[
        "sudo network-cli backup",
        "sudo network-cli backup --directory /mnt/backups --keep 30",
    ],
)
@click.option(
    "--directory", metavar="DIR", type=click.Path(path_type=Path), help="Where to (default: the host's place)."
)
@click.option("--keep", metavar="N", type=click.IntRange(min=1), default=7, show_default=True, help="How many to keep.")
@click.option("--node-config", type=click.Path(path_type=Path), hidden=True)
@click.pass_obj
def command(settings: Settings, directory: Path | None, keep: int, node_config: Path | None) -> None:
    """Take a backup of the whole database while it runs, and check it.

    Run it as root on a member of the cluster: a backup holds the data of all namespaces, so no gateway hands it out. It
    is what 'debros-host backup' does, which has more options; 'debros-host restore' puts one back.
    """
    from debros.hosts import places  # noqa: PLC0415 - the help page needs none of this
    from debros.hosts.commands.backup import command as take  # noqa: PLC0415 - as above
    from debros.hosts.settings import Settings as HostSettings  # noqa: PLC0415 - as above
    from debros.hosts.settings import translated  # noqa: PLC0415 - as above

    host = HostSettings(
        node_config or places.CONFIG,
        json=settings.format == "json",
        quiet=settings.quiet,
        verbose=settings.verbose,
    )
    where = [] if directory is None else ["--directory", str(directory)]
    translated(take.main)(["--keep", str(keep), *where], standalone_mode=False, obj=host)
