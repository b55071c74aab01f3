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

    Signed in or with an API key, the node's own details are shown too, and every node of the cluster as that one has
    heard it: `unknown` is who has said nothing since it runs, `down` who was heard and has missed three heartbeats.
    """
    from debros.cli.access import Need  # noqa: PLC0415 - see below
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    with Gateway(settings, need=Need.CREDENTIAL) as gateway:
        status = gateway.get("/v1/status", public=True).json()
        if gateway.target.credential:
            status["network"] = (status.get("network") or {}) | _details(gateway, settings)
    if settings.format == "json":
        output.document(status)
    else:
        nodes = status.get("network", {}).pop("nodes", None) or []
        output.facts(
            {"gateway": gateway.target.url} | _flat(status) | {f"node.{one['name']}": _line(one) for one in nodes}
        )


def _details(gateway: Gateway, settings: Settings) -> dict[str, Any]:
    try:
        return gateway.get("/v1/network/status").json()
    except CliError as exc:
        if exc.exit_code != ExitCode.AUTHENTICATION:
            raise
        output.say(settings, f"Notice: only the public part is shown: {exc.message}")
        return {}


def _line(node: dict[str, Any]) -> str:
    """Return a node of the cluster in one line."""
    if node.get("age") is None:
        return str(node.get("state"))
    role = node.get("database_role") or "unknown"
    memory = (node.get("memory_bytes") or 0) / 2**20
    return (
        f"{node.get('state')}, heard {node['age']:.0f} s ago, {node.get('peers')} peers, "
        f"{node.get('cpu_percent')} % CPU, {memory:.0f} MiB, database {role}, version {node.get('version')}"
    )


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested members under dotted names."""
    flat: dict[str, Any] = {}
    for name, member in value.items():
        if isinstance(member, dict):
            flat |= _flat(member, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = member
    return flat
