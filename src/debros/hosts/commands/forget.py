"""`debros-host forget`."""

from __future__ import annotations

import click

from debros.hosts import removal
from debros.hosts.options import timeout_option
from debros.hosts.settings import Command, Settings
from debros.hosts.waiting import Wait
from debros.terminal import output


@click.command("forget", cls=Command)
@click.argument("name")
@click.option("--check", is_flag=True, help="Only find out whether it would be refused.")
@timeout_option("60s", "How long at most.")
@click.pass_obj
def command(settings: Settings, name: str, check: bool, timeout: float) -> None:  # noqa: FBT001 - click's
    """Take another host out of the database's cluster, for good.

    NAME is its id, as 'debros-host leader' shows it. Refused while those that are left would not be a majority. Stop
    the host first: one that still runs does not learn of it. One that is no member is no error.
    """
    with settings.database() as database:
        done = removal.remove(database, name, Wait(settings, f"{name} to leave", timeout), check=check)
    if settings.json:
        output.document({"name": name, "changed": done.changed, "was_member": done.member is not None})
    elif done.member is None:
        members = ", ".join(node.id for node in done.cluster.members)
        output.line(f"{name} is no member; those are {members}")
    elif check:
        output.line(f"{name} can be taken out")
    else:
        kind = "voter" if done.member.voter else "replica"
        output.line(f"{name} ({done.member.addr}, {kind}) is no member any more")
        if done.member.reachable:
            output.say(settings, f"{name} still ran: stop it there with 'systemctl disable --now debros.target'")
