"""`network-cli peers`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from debros.cli.options import Command
from debros.terminal import output

if TYPE_CHECKING:
    from debros.cli.settings import Settings

_COLUMNS = ("id", "connected", "last_seen", "state", "age", "addresses")


@click.command("peers", cls=Command, examples=["network-cli peers", "network-cli peers --format json"])
@click.pass_obj
def command(settings: Settings) -> None:
    """List the peers the gateway's node knows.

    Of nodes of the cluster, the state (up, down, unknown) and the seconds since their last heartbeat are shown, too.
    """
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    with Gateway(settings) as gateway:
        answer = gateway.get("/v1/network/peers").json()
    if settings.format == "json":
        output.document(answer)
        return
    peers = answer.get("peers") or []
    output.table(_COLUMNS, [_row(peer) for peer in peers])


def _row(peer: dict[str, Any]) -> list[Any]:
    seen = peer.get("last_seen")
    if isinstance(seen, int | float):  # seconds since 1970
        seen = datetime.fromtimestamp(seen, UTC).isoformat(" ", "seconds")
    about = [peer.get("id"), peer.get("connected"), seen, peer.get("state"), peer.get("age")]
    return [*about, " ".join(peer.get("addresses") or [])]
