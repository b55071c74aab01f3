"""`network-cli connect`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from debros.cli.options import Command
from debros.terminal import output

if TYPE_CHECKING:
    from debros.cli.settings import Settings

_FORBIDDEN, _NOT_FOUND = 403, 404


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
    """
    from debros.cli.answers import RefusedError  # noqa: PLC0415 - the help page needs none of this
    from debros.cli.http import Gateway  # noqa: PLC0415 - as above
    from debros.config import multiaddrs  # noqa: PLC0415 - as above

    try:
        peer = multiaddrs.parse(multiaddr)
    except ValueError as exc:
        raise click.UsageError(f"{multiaddr!r}: {exc}; expected /ip4/HOST/tcp/PORT/p2p/PEERID") from exc
    if not peer.peer_id:
        raise click.UsageError(f"{multiaddr!r}: missing /p2p/PEERID; without it, anybody could answer for the peer")
    with Gateway(settings) as gateway:
        try:
            answer = gateway.post("/v1/network/connect", body={"multiaddr": multiaddr}, writing=False).json()
        except RefusedError as exc:
            if exc.status == _FORBIDDEN:
                exc.hint = "only operators may do this: give a key with scope admin with --api-key-file PATH"
            if exc.status == _NOT_FOUND:
                exc.hint = "this gateway is older than the command; upgrade it, or name the peer in its configuration"
            raise
    if settings.format == "json":
        output.document(answer)
    output.say(settings, f"Connected to {peer.peer_id}")
