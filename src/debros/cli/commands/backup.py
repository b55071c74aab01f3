"""`network-cli backup`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from debros.cli.options import Command

if TYPE_CHECKING:
    from debros.cli.settings import Settings


class _Place(NamedTuple):
    """Which database, and where its backups go."""

    node_config: Path
    backups: Path


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
    is what 'debros-host backup' does, which has more options; 'debros-host restore' puts one back. On a machine where
    nothing is installed it is the database of 'make up', and its backups lie in ~/.debros/dev/backups.
    """
    from debros.hosts.commands.backup import command as take  # noqa: PLC0415 - the help page needs none of this
    from debros.hosts.settings import Settings as HostSettings  # noqa: PLC0415 - as above
    from debros.hosts.settings import translated  # noqa: PLC0415 - as above

    place = _place()
    host = HostSettings(
        node_config or place.node_config,
        json=settings.format == "json",
        quiet=settings.quiet,
        verbose=settings.verbose,
    )
    arguments = ["--keep", str(keep), "--directory", str(directory or place.backups)]

    def run() -> None:
        # Not `main`, which would have a word of its own about Ctrl-C.
        with take.make_context(take.name, arguments, obj=host) as context:
            take.invoke(context)

    translated(run)()


def _place() -> _Place:
    """Return the place of the host that is installed here, else that of the cluster of `make up` if there is one."""
    from debros.hosts import places  # noqa: PLC0415 - the help page needs none of this
    from debros.local.layout import Layout, home_directory  # noqa: PLC0415 - as above

    installed = _Place(places.CONFIG, places.BACKUPS)
    if os.path.lexists(installed.node_config.parent):
        return installed
    layout = Layout(home_directory(os.environ))
    local = _Place(layout.host(1).node_config, layout.home / "backups")
    return local if local.node_config.exists() else installed
