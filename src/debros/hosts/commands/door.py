"""`debros-host door`: the firewall around the door, for systemd."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from debros.hosts import places, units
from debros.hosts.membership import firewall, used
from debros.hosts.options import etc_option
from debros.hosts.settings import Group, Settings
from debros.terminal import output

if TYPE_CHECKING:
    from pathlib import Path


@click.group("door", cls=Group)
def command() -> None:
    """Open or close the firewall for hosts with an invite.

    Meant for systemd: debros-enrol.service opens before it starts and closes after it has stopped.
    """


@command.command("open")
@etc_option
@click.pass_obj
def open_(settings: Settings, etc: Path) -> None:
    """Let TCP connections in to the ports of the invites that can be used.

    Does nothing where UFW is not installed or not active.
    """
    opened = firewall.open_ports(used.ports(etc / places.INVITES, places.CLAIMS))
    _say(settings, {"changed": bool(opened), "opened": opened}, f"opened: {', '.join(map(str, opened)) or 'nothing'}")


@command.command("close")
@etc_option
@click.pass_obj
def close(settings: Settings, etc: Path) -> None:
    """Remove the firewall's rules for invites, and the invites that nobody can use any more.

    Does nothing while the door is open.
    """
    if units.show(units.DOOR).active in {"active", "activating", "reloading"}:
        _say(settings, {"changed": False}, f"{units.DOOR} is running; it closes by itself")
        return
    changed = firewall.close()
    used.clear(etc / places.INVITES, places.CLAIMS)
    _say(settings, {"changed": changed}, "closed" if changed else "was closed")


def _say(settings: Settings, document: dict[str, object], text: str) -> None:
    if settings.json:
        output.document(document)
    else:
        output.line(text)
