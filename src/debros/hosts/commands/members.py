"""`debros-host members`: the hosts of a cluster that manages itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from debros.hosts import places, units
from debros.hosts.cluster import look
from debros.hosts.membership import firewall, follow, own, removal, roll, used
from debros.hosts.options import etc_option, timeout_option
from debros.hosts.settings import Group, Settings
from debros.hosts.waiting import Wait
from debros.rqlite.types import Level
from debros.terminal import output

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS = ("position", "name", "address", "role", "reachable", "peer_id")


@click.group("members", cls=Group, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show the hosts of the cluster; follow, mend or shorten the list.

    Without a subcommand it shows them as this host sees them. They are added with: network-cli invite. In a cluster
    that a controller looks after there is no such list; its hosts are shown by: debros-host leader.
    """
    if ctx.invoked_subcommand is None:
        _show(ctx.ensure_object(Settings))


@command.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """Show the hosts of the cluster, and what each of them is to the database."""
    _show(settings)


@command.command("apply")
@etc_option
@click.pass_obj
def apply(settings: Settings, etc: Path) -> None:
    """Follow the list: write the inventory of this host from it, and run the roles.

    debros-members.service does that whenever the list has changed; it waits while the installer runs. Nothing is
    changed when this host is not in the list, or the list lacks a host of the database's cluster.
    """
    if units.show(units.DOOR).active == "inactive":
        firewall.close()  # what a power cut has left open
        used.clear(etc / places.INVITES, places.CLAIMS)
    ran = follow.follow(settings, etc, places.INSTALL_LOCK, places.APPLIED_MEMBERS)
    if settings.json:
        output.document({"changed": ran})
    else:
        output.line("the list of members is followed" if ran else "nothing new")


@command.command("announce")
@etc_option
@click.pass_obj
def announce(settings: Settings, etc: Path) -> None:
    """Tell the other hosts this one's peer id and address.

    The installer does that at its end. After restoring a backup from before this host joined, it enters the host into
    the list again.
    """
    own.require_self_managed(etc)
    itself = own.itself(settings)
    with settings.database() as database:
        changed = roll.announce(database, itself)
    if settings.json:
        output.document({"changed": changed, **{key: itself.as_dict()[key] for key in ("name", "address", "peer_id")}})
    else:
        output.line(f"{itself.name}: {'announced' if changed else 'nothing to announce'}")


@command.command("remove")
@click.argument("name")
@timeout_option("60s", "How long at most.")
@click.pass_obj
def remove(settings: Settings, name: str, timeout: float) -> None:
    """Take another host out of the cluster, whether it still runs or not.

    NAME loses its place in the database, and the other hosts close their firewalls to it. It is refused when the
    voters that are left could not go on. What NAME knows, it still knows: see the documentation about secrets.
    """
    with settings.database() as database:
        was_in = removal.remove(database, name, Wait(settings, f"{name} to be removed", timeout))
    if settings.json:
        output.document({"changed": True, "name": name, "was_in_database": was_in})
    else:
        output.line(f"{name} is removed; the other hosts follow within a minute")


def _show(settings: Settings) -> None:
    with settings.database() as database:
        listed = roll.read(database, Level.WEAK)
        nodes = {node.id: node for node in look(database).members}
    shown: list[dict[str, Any]] = [member.as_dict() for member in listed]
    known = {member.name for member in listed}
    if listed:
        shown += [
            {"name": node.id, "address": None, "peer_id": "", "position": None}
            for node in nodes.values()
            if node.id not in known
        ]
    for one in shown:
        node = nodes.get(one["name"])
        one["role"] = None if node is None else "leader" if node.leader else "voter" if node.voter else "replica"
        one["reachable"] = bool(node and node.reachable)
    if settings.json:
        output.document({"members": shown})
    elif shown:
        output.table(_COLUMNS, [[one[name] for name in _COLUMNS] for one in shown])
    else:
        output.line("the cluster has no list of members: nobody was invited so far, or a controller looks after it")
