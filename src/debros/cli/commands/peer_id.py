"""`network-cli peer-id`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from debros.cli.options import Command
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.settings import Settings


@click.command(
    "peer-id",
    cls=Command,
    examples=["network-cli peer-id", "network-cli peer-id --identity /opt/debros/keys/identity.key"],
)
@click.option(
    "--identity",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Tell it from the node's key in this file, and ask no gateway.",
)
@click.pass_obj
def command(settings: Settings, identity: Path | None) -> None:
    """Print the peer id of the gateway's node.

    Exit code 5 when the gateway has no node beside it, or it does not run.
    """
    peer_id = _of_file(identity) if identity else _of_gateway(settings)
    if settings.format == "json":
        output.document({"peer_id": peer_id})
    else:
        output.line(peer_id)


def _of_file(file: Path) -> str:
    from debros.identity import IdentityError, load  # noqa: PLC0415 - it loads cryptography

    try:
        return load(file).peer_id
    except IdentityError as exc:
        raise CliError(str(exc), code="identity") from exc


def _of_gateway(settings: Settings) -> str:
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    with Gateway(settings) as gateway:
        network: Any = gateway.get("/v1/status", public=True).json().get("network")
    found = network.get("node_id") if isinstance(network, dict) else None
    if not isinstance(found, str) or not found:
        raise CliError(
            f"{gateway.target.url} has no node beside it at present",
            code="node_unavailable",
            exit_code=ExitCode.UNAVAILABLE,
            hint="see 'network-cli health'; or, on the node's host: network-cli peer-id --identity FILE",
        )
    return found
