"""`debros-host leader`."""

from __future__ import annotations

import click

from debros.hosts.cluster import look
from debros.hosts.settings import Command, Settings
from debros.rqlite.errors import NoLeader
from debros.terminal import output


@click.command("leader", cls=Command)
@click.pass_obj
def command(settings: Settings) -> None:
    """Show who leads the database, and which voters are reachable.

    As this host sees it. Exit code 5 when there is no leader, or rqlite does not answer.
    """
    with settings.database() as database:
        cluster = look(database)
    if settings.json:
        output.document(cluster.as_dict())
    else:
        leader = cluster.leader
        own = "this host" if cluster.leads else f"this host is {cluster.self_id}"
        output.line(f"leader: {leader.id} at {leader.addr} ({own})" if leader else "leader: none")
        output.line(f"voters: {cluster.reachable} of {len(cluster.voters)} reachable, {cluster.quorum} needed")
        for node in cluster.members:
            kind = "voter" if node.voter else "replica"
            state = "reachable" if node.reachable else "NOT reachable"
            output.line(f"  {node.id}  {node.addr}  {kind}  {state}{'  leads' if node.leader else ''}")
    if cluster.leader is None:
        raise NoLeader("the voters have not elected one")
