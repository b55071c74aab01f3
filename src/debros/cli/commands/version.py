"""`network-cli version`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from debros.cli.options import Command
from debros.terminal import output
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from debros.cli.settings import Settings

_PATIENCE = 3.0  # seconds; the gateway's version is a courtesy, not worth the wait of a real request


@click.command("version", cls=Command, examples=["network-cli version", "network-cli version --format json"])
@click.pass_obj
def command(settings: Settings) -> None:
    """Show the version of this program and of the gateway.

    A gateway that cannot be reached is no failure here.
    """
    from debros.version import current  # noqa: PLC0415 - the help page does not need it

    own = asdict(current())
    other = _of_gateway(settings)
    if settings.format == "json":
        output.document({"client": own, "gateway": other})
    else:
        output.facts(
            {f"client {name}": value for name, value in own.items()}
            | {f"gateway {name}": value for name, value in (other or {}).items()}
        )


def _of_gateway(settings: Settings) -> dict[str, Any] | None:
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    with Gateway(settings, timeout=min(settings.timeout, _PATIENCE)) as gateway:
        try:
            return {"url": gateway.target.url} | gateway.get("/v1/version", public=True).json()
        except CliError as exc:
            output.say(settings, f"Notice: {exc.message}")
            return None
