"""`network-cli status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from debros.cli.options import Command
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.http import Gateway
    from debros.cli.settings import Settings


@click.command("status", cls=Command, examples=["network-cli status", "network-cli status --format json"])
@click.pass_obj
def command(settings: Settings) -> None:
    """Show the state of the gateway and of its network.

    With an API key, the node's own details are shown too.
    """
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    with Gateway(settings) as gateway:
        status = gateway.get("/v1/status").json()
        if gateway.target.api_key:
            status["network"] = (status.get("network") or {}) | _details(gateway, settings)
    if settings.format == "json":
        output.document(status)
    else:
        output.facts({"gateway": gateway.target.url} | _flat(status))


def _details(gateway: Gateway, settings: Settings) -> dict[str, Any]:
    try:
        return gateway.get("/v1/network/status").json()
    except CliError as exc:
        if exc.exit_code != ExitCode.AUTHENTICATION:
            raise
        output.say(settings, f"Notice: only the public part is shown: {exc.message}")
        return {}


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested members under dotted names."""
    flat: dict[str, Any] = {}
    for name, member in value.items():
        if isinstance(member, dict):
            flat |= _flat(member, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = member
    return flat
