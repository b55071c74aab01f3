"""`debros-host wait-ready`."""

from __future__ import annotations

import click

from debros.hosts.options import timeout_option
from debros.hosts.ready import Readiness, wait
from debros.hosts.settings import Command, Settings
from debros.hosts.waiting import Wait
from debros.rqlite import membership
from debros.terminal import output


@click.command("wait-ready", cls=Command)
@timeout_option("120s", "How long at most.")
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
    membership.unmark(settings.node.database.data_dir)  # an interrupted `rejoin` has come to its end
    if settings.json:
        output.document({"ready": True, "seconds": round(seconds, 3), **cluster.as_dict()})
        return
    leader = cluster.leader.id if cluster.leader else "nobody"
    output.line(
        f"ready after {seconds:.1f} s: {leader} leads, {cluster.reachable} of {len(cluster.voters)} voters reachable"
    )
