"""`debros-host wait-ready`."""

from __future__ import annotations

import click

from debros.hosts.ready import Readiness, wait
from debros.hosts.settings import Command, Settings
from debros.hosts.waiting import Wait
from debros.terminal import output
from debros.terminal.durations import DurationType


@click.command("wait-ready", cls=Command)
@click.option(
    "--timeout",
    metavar="TIME",
    type=DurationType(bare_seconds=True),
    default="120s",
    show_default=True,
    help="How long at most.",
)
@click.option(
    "--voters",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    help="Voters that must be reachable, this host included (default: a majority).",
)
@click.pass_obj
def command(settings: Settings, timeout: float, voters: int) -> None:
    """Wait until this host's database serves, and has caught up.

    Ready means: rqlite answers and says it is ready, a leader is known, the voters are reachable, a write is committed,
    and this host has applied everything that was committed before it. Exit code 5 when it is not in time.
    """
    with settings.database() as database:
        waiting = Wait(settings, "rqlite", timeout)
        cluster = wait(Readiness(database, voters), waiting)
        seconds = waiting.elapsed
    if settings.json:
        output.document({"ready": True, "seconds": round(seconds, 3), **cluster.as_dict()})
        return
    leader = cluster.leader.id if cluster.leader else "nobody"
    output.line(
        f"ready after {seconds:.1f} s: {leader} leads, {cluster.reachable} of {len(cluster.voters)} voters reachable"
    )
