"""`network-cli disconnect`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from debros.cli.options import Command
from debros.terminal import output

if TYPE_CHECKING:
    from debros.cli.settings import Settings


@click.command(
    "disconnect",
    cls=Command,
    examples=["network-cli disconnect 12D3KooWGJfVKeNgdJAa1HTWcHGaRxsJ5qEj3YGUxnfyK5tFJwLz"],
)
@click.argument("peer_id", metavar="PEERID")
@click.pass_obj
def command(settings: Settings, peer_id: str) -> None:
    """Let the gateway's node hang up on a peer, and stay away from it.

    PEERID is what `network-cli peers` shows. The peer is turned away until `network-cli connect` names it again, or the
    node restarts. Only operators may: a key with scope admin.
    """
    from debros.cli.operators import change  # noqa: PLC0415 - the help page needs none of this
    from debros.config import multiaddrs  # noqa: PLC0415 - as above

    if not multiaddrs.is_peer_id(peer_id):
        hint = " (that of a multiaddr is what stands behind /p2p/)" if peer_id.startswith("/") else ""
        raise click.UsageError(f"{peer_id!r} is not a peer id{hint}; expected such as 'network-cli peers' shows")
    change(settings, "/v1/network/disconnect", {"peer_id": peer_id})
    output.say(settings, f"Disconnected from {peer_id}")
