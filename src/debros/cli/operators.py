"""What operators change in the network through a gateway, and what a refusal means to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.cli.answers import RefusedError
from debros.cli.http import Gateway
from debros.terminal import output
from debros.terminal.errors import ExitCode

if TYPE_CHECKING:
    from debros.cli.settings import Settings

_FORBIDDEN, _NOT_FOUND = 403, 404


def change(settings: Settings, path: str, body: dict[str, str]) -> None:
    """Ask for a change of the node's peers, which may be asked for again; with `--format json` show the answer.

    Args:
        settings: which gateway, with which credential.
        path: of the route.
        body: what is sent.

    Raises:
        CliError: the gateway refuses, or cannot be asked.
    """
    with Gateway(settings) as gateway:
        try:
            answer = gateway.post(path, body=body, writing=False).json()
        except RefusedError as exc:
            if exc.status == _FORBIDDEN:
                exc.hint = "only operators may do this: give a key with scope admin with --api-key-file PATH"
            if exc.status == _NOT_FOUND:
                exc.hint = "this gateway is older than the command; upgrade it, or name the peer in its configuration"
            if exc.code == "peer_unreachable":
                exc.exit_code = ExitCode.UNAVAILABLE
            raise
    if settings.format == "json":
        output.document(answer)
