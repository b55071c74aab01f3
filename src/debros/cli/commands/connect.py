"""`network-cli connect`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from debros.cli.options import Command
from debros.terminal import output

if TYPE_CHECKING:
    from debros.cli.settings import Settings


@click.command(
    "connect",
    cls=Command,
    examples=[
        "network-cli connect /ip4/192.0.2.10/tcp/4001/p2p/12D3KooWGJfVKeNgdJAa1HTWcHGaRxsJ5qEj3YGUxnfyK5tFJwLz",
    ],
)
@click.argument("multiaddr")
@click.pass_obj
def command(settings: Settings, multiaddr: str) -> None:
    """Let the gateway's node connect to a peer.

    MULTIADDR names the peer with its id: /ip4/HOST/tcp/PORT/p2p/PEERID. Only operators may: a key with scope admin.
    Exit code 5 when the peer cannot be reached, 1 when another peer answers at that address.
    """
    from debros.cli.operators import change  # noqa: PLC0415 - the help page needs none of this
    from debros.config import multiaddrs  # noqa: PLC0415 - as above

    if wrong := multiaddrs.what_is_wrong(multiaddr):
        raise click.UsageError(f"{multiaddr!r}: {wrong}; expected {multiaddrs.FORM}")
    peer = multiaddrs.parse(multiaddr)
    if not peer.peer_id:
        raise click.UsageError(f"{multiaddr!r}: missing /p2p/PEERID; without it, anybody could answer for the peer")
    change(settings, "/v1/network/connect", {"multiaddr": multiaddr})
    output.say(settings, f"Connected to {peer.peer_id}")
