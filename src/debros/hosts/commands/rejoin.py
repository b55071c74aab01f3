"""`debros-host rejoin`."""

from __future__ import annotations

import click

from debros.hosts import rejoining
from debros.hosts.options import timeout_option
from debros.hosts.settings import Command, Settings
from debros.hosts.waiting import Wait
from debros.terminal import output


@click.command("rejoin", cls=Command)
@click.option(
    "--as",
    "role",
    type=click.Choice(["voter", "replica"]),
    required=True,
    help="What this host is to be, which must be what its unit starts.",
)
@timeout_option("180s", "How long at most, in all.")
@click.pass_obj
def command(settings: Settings, role: str, timeout: float) -> None:
    """Make this host the voter or replica it should be.

    rqlite does not turn one into the other, so this host leaves the database's cluster and joins again, with its data.
    Nothing is done when it is that already, and a voter does not leave while the others would not be a majority.
    """
    waiting = Wait(settings, "rqlite", timeout)
    changed = rejoining.rejoin(settings, waiting, voter=role == "voter")
    if settings.json:
        output.document({"changed": changed, "role": role, "seconds": round(waiting.elapsed, 3)})
    elif changed:
        output.line(f"this host is a {role}, after {waiting.elapsed:.1f} s")
    else:
        output.line(f"this host is a {role} already")
