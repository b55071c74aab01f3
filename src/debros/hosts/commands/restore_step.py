"""`debros-host restore-step`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from debros.hosts.options import directory_option, timeout_option
from debros.hosts.restoring import asked, gatewayalone
from debros.hosts.restoring.asked import Request, print_answer
from debros.hosts.restoring.members import Member
from debros.hosts.restoring.plan import checked_id
from debros.hosts.settings import Command, Settings

if TYPE_CHECKING:
    from collections.abc import Callable


class _Parsed(click.ParamType[Any]):
    """A value that a function reads, which raises ValueError for what it does not understand."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name, self._parse = name, parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what the function made of it."""
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


_ID = _Parsed("id", checked_id)


@click.command("restore-step", cls=Command)
@click.argument("step", type=click.Choice(list(asked.STEPS)))
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--id", "identity", metavar="ID", type=_ID, help="Of this restore, the same on all hosts.")
@click.option("--back-to", metavar="ID", type=_ID, help="For undo: the restore that is undone, when it was finished.")
@click.option(
    "--member",
    "members",
    metavar="ID=HOST:PORT",
    type=_Parsed("member", Member.parse),
    multiple=True,
    help="For prepare: a host of the cluster; ',replica' after it when it does not vote. Once for each.",
)
@timeout_option("600s", "How long services may take to serve again.")
@directory_option
@click.pass_obj
def command(
    settings: Settings,
    step: str,
    file: Path | None,
    identity: str | None,
    back_to: str | None,
    members: tuple[Member, ...],
    timeout: float,
    directory: Path,
) -> None:
    """Run one step of a restore on this host of several.

    The steps: status, look FILE, prepare FILE, close, swap (or undo), open, check, finish. Each can be repeated. No
    host may swap before all are closed, and none may open before all have swapped.
    """
    request = Request(file, directory, identity or "", back_to or "", members, timeout)
    steps = gatewayalone.STEPS if settings.gateway_only else asked.STEPS
    print_answer(settings, steps[step](settings, request))
