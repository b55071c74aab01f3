"""The program `network-cli`: finds the command, loads only its module, and turns every failure into an exit code."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, NoReturn

import click

from debros.cli.options import Group
from debros.cli.settings import VARIABLES, Settings
from debros.terminal.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "network-cli"

# Command → its summary, so that the help page need not import any of them. The order is that of the help page.
COMMANDS = {
    "auth": "Sign in with a wallet, out, and to another one.",
    "health": "Show whether the gateway and what stands behind it work.",
    "status": "Show the state of the gateway and of its network.",
    "peers": "List the peers the gateway's node knows.",
    "peer-id": "Print the peer id of the gateway's node.",
    "connect": "Let the gateway's node connect to a peer.",
    "disconnect": "Let the gateway's node hang up on a peer, and stay away from it.",
    "query": "Run one SQL statement.",
    "storage": "Store and fetch values by key.",
    "pubsub": "Publish and receive messages.",
    "migrate": "Apply numbered SQL files to a namespace, each once.",
    "backup": "Take a backup of the whole database while it runs, and check it.",
    "invite": "Make an invite, with which one bare host can join this cluster.",
    "config": "Write, check and show configuration files.",
    "doctor": "Look at everything that can keep this program from working, and say what to do about it.",
    "version": "Show the version of this program and of the gateway.",
    "completion": "Print the completion script for a shell.",
}


class NetworkCli(Program, Group):
    """The root of the command tree."""

    def settings(self, args: Sequence[str]) -> Settings:
        """Return empty settings that know whether errors are to be JSON."""
        words = list(args)
        words = words[: words.index("--")] if "--" in words else words
        return Settings(format="json" if _wants_json(words) else "table")


def _wants_json(words: list[str]) -> bool:
    """Tell whether errors are to be JSON, for the errors that happen before the options are parsed."""
    if any(word.partition("=")[0] == "--format" for word in words):
        return "--format=json" in words or ("--format", "json") in itertools.pairwise(words)
    return os.environ.get(VARIABLES["format"]) == "json"


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if not value or ctx.resilient_parsing:
        return
    from debros.version import current  # noqa: PLC0415 - only loaded when asked for

    click.echo(f"{PROGRAM} {current().version}")
    ctx.exit()


@click.command(
    cls=NetworkCli,
    program=PROGRAM,
    summaries=COMMANDS,
    package="debros.cli.commands",
    examples=[
        "network-cli health",
        'network-cli query "SELECT * FROM users"',
        "network-cli storage put greeting hello",
        "network-cli pubsub subscribe news 1m",
        "network-cli config validate --name configs/node.yaml",
    ],
    epilog="Exit codes: 0 ok, 1 failure, 2 usage, 3 authentication, 4 not found, 5 unavailable.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version of this program.",
)
def cli() -> None:
    """Work with DeBros Network: SQL, key-value storage, pub/sub, peers and configuration."""


def main() -> NoReturn:
    """Entry point of the installed program."""
    cli.main()
    raise AssertionError("click always exits")


if __name__ == "__main__":
    main()
