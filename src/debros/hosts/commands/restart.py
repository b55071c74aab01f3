"""`debros-host restart`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from debros.hosts import restarting, units
from debros.hosts.options import gateway_config_option, timeout_option
from debros.hosts.settings import Command, Settings
from debros.hosts.waiting import Wait
from debros.terminal import output

if TYPE_CHECKING:
    from pathlib import Path


@click.command("restart", cls=Command)
@click.argument("unit")
@timeout_option("180s", "How long at most, in all.")
@click.option("--force", is_flag=True, help="Restart rqlite even if the cluster loses its quorum.")
@gateway_config_option
@click.pass_obj
def command(settings: Settings, unit: str, timeout: float, force: bool, gateway_config: Path) -> None:  # noqa: FBT001 - click's
    """Restart a service, without harm to the cluster.

    UNIT is debros-rqlite, debros-node or debros-gateway. rqlite is not restarted while the other voters could not go
    on without it; a leader hands over first. The command ends when the service serves again: rqlite as for wait-ready,
    with as many voters as before; the node when its socket answers; the gateway when its /health is ok. A service that
    does not run is started, without looking at the others.
    """
    try:
        name = units.full_name(unit)
    except ValueError:
        known = ", ".join(service.removesuffix(".service") for service in units.SERVICES)
        raise click.BadParameter(f"{unit!r} is none of {known}", param_hint="UNIT") from None
    waiting = Wait(settings, name, timeout)
    if name == units.RQLITE:
        done = restarting.rqlite(settings, waiting, force=force)
    elif name == units.NODE:
        done = restarting.node(settings, waiting)
    else:
        done = restarting.gateway(gateway_config, settings, waiting)
    seconds = waiting.elapsed
    if settings.json:
        facts = {"unit": name, "changed": True, "was_running": done.was_running, "was_leader": done.was_leader}
        output.document({**facts, "seconds": round(seconds, 3)})
        return
    did = "restarted" if done.was_running else "started"
    output.line(f"{name} {did}, and serving after {seconds:.1f} s{'; it led before' if done.was_leader else ''}")
