"""`network-cli invite`."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from debros.cli.options import Command
from debros.terminal import output
from debros.terminal.durations import DurationType
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.settings import Settings
    from debros.enrol.invite import Invite

_SHORTEST, _LONGEST = 60.0, 3600.0  # seconds


@click.command(
    "invite",
    cls=Command,
    examples=[
        "sudo network-cli invite",
        "sudo network-cli invite --ttl 1h --address 203.0.113.7",
        "sudo network-cli invite --revoke",
    ],
)
@click.option(
    "--ttl",
    metavar="TIME",
    type=DurationType(),
    default="30m",
    show_default=True,
    help="How long it is good: 1m to 1h.",
)
@click.option("--address", metavar="ADDRESS", help="Where the new host reaches this one, if not where the members do.")
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(1024, 65535),
    default=7002,
    show_default=True,
    help="TCP port on which this host lets the new one in.",
)
@click.option("--revoke", is_flag=True, help="Make no invite, but take back all of this host that were not used.")
@click.option("--etc", type=click.Path(path_type=Path), default=Path("/etc/debros"), hidden=True)
@click.option("--node-config", type=click.Path(path_type=Path), hidden=True)
@click.pass_obj
def command(
    settings: Settings,
    ttl: float,
    address: str | None,
    port: int,
    revoke: bool,  # noqa: FBT001 - click's
    etc: Path,
    node_config: Path | None,
) -> None:
    """Make an invite, with which one bare host can join this cluster.

    Run it as root on a member. The invite is for one host, and good for a short time; until it is used or expires, this
    host answers on the port, and its firewall lets everybody knock. Whoever joins becomes a member like all others,
    with the cluster's secrets: give the invite only to a host that is yours.

    The invite alone goes to stdout, what to do with it to stderr. One that came into wrong hands is worth nothing after
    --revoke, which also ends what a host has begun with it.
    """
    from debros.cli.joining import SCRIPT, by_bundle, by_download  # noqa: PLC0415 - the help page needs none of this
    from debros.hosts import places  # noqa: PLC0415 - as above

    if revoke:
        _take_back(settings, etc=etc, config=node_config)
        return
    invite, members = _issue(settings, ttl=ttl, address=address, port=port, etc=etc, config=node_config)
    text, until = invite.encode(), dt.datetime.fromtimestamp(invite.expires, dt.UTC)
    bundled = by_bundle(text, places.CURRENT_RELEASE)
    commands = [command for command in (bundled, by_download(text)) if command]
    if settings.format == "json":
        about = {"expires": until.isoformat(), "address": invite.door, "members": members, "commands": commands}
        output.document({"invite": text, **about})
        return
    output.line(text)
    output.say(settings, f"\nOn the new host, until {until:%Y-%m-%d %H:%M:%S} UTC ({_time(ttl)}), for one host:\n")
    if bundled:
        output.say(settings, f"  {bundled}\n")
        installer = places.CURRENT_RELEASE / "scripts" / SCRIPT
        output.say(settings, f"with the bundle this host was installed from, and {installer} of this host.")
        output.say(settings, "Or, if the new host has a network and this release can be downloaded:\n")
    output.say(settings, f"  {by_download(text)}\n")
    output.say(settings, f"It must reach this host at {invite.door} (TCP).")
    if members == 1:
        output.say(
            settings,
            "Two hosts are less available than one: without either of them nothing can be written. Add two, so that one"
            " of three may fail.",
        )


def _issue(
    settings: Settings, *, ttl: float, address: str | None, port: int, etc: Path, config: Path | None
) -> tuple[Invite, int]:
    from debros.enrol.invite import is_host  # noqa: PLC0415 - the help page needs none of this
    from debros.hosts import places  # noqa: PLC0415 - see above
    from debros.hosts.membership.issue import issue  # noqa: PLC0415 - see above
    from debros.hosts.settings import Settings as HostSettings  # noqa: PLC0415 - see above
    from debros.hosts.settings import translated  # noqa: PLC0415 - see above

    if not _SHORTEST <= ttl <= _LONGEST:
        raise click.BadParameter(f"{_time(ttl)}: an invite is good for 1m to 1h", param_hint="--ttl")
    if address is not None and not is_host(address):
        raise click.BadParameter(f"{address!r} is no IP address and no DNS name", param_hint="--address")
    _require_root()
    host = HostSettings(config or places.CONFIG, quiet=settings.quiet, verbose=settings.verbose)
    return translated(issue)(host, etc, ttl=ttl, port=port, address=address)


def _take_back(settings: Settings, *, etc: Path, config: Path | None) -> None:
    from debros.hosts import places  # noqa: PLC0415 - see above
    from debros.hosts.membership.issue import take_back  # noqa: PLC0415 - see above
    from debros.hosts.settings import Settings as HostSettings  # noqa: PLC0415 - see above
    from debros.hosts.settings import translated  # noqa: PLC0415 - see above

    _require_root()
    host = HostSettings(config or places.CONFIG, quiet=settings.quiet, verbose=settings.verbose)

    def run(_host: HostSettings) -> int:
        return take_back(etc)

    count = translated(run)(host)
    if settings.format == "json":
        output.document({"revoked": count})
    else:
        output.line(f"{count} invites taken back" if count != 1 else "1 invite taken back")


def _require_root() -> None:
    if os.geteuid() != 0:
        raise CliError(
            "only root can invite: whoever joins gets the cluster's secrets",
            code="not_root",
            exit_code=ExitCode.FAILURE,
            hint="sudo network-cli invite",
        )


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" if not rest else f"{minutes} min {rest} s" if minutes else f"{rest} s"
