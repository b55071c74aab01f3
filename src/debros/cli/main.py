"""The program `network-cli`: finds the command, loads only its module, and turns every failure into an exit code."""

from __future__ import annotations

import importlib
import itertools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from debros.cli import errors
from debros.cli.options import Group
from debros.cli.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "network-cli"

# Command → its summary, so that the help page need not import any of them. The order is that of the help page.
COMMANDS = {
    "health": "Show whether the gateway and what stands behind it work.",
    "status": "Show the state of the gateway and of its network.",
    "peers": "List the peers the gateway's node knows.",
    "query": "Run one SQL statement.",
    "storage": "Store and fetch values by key.",
    "pubsub": "Publish and receive messages.",
    "config": "Write, check and show configuration files.",
    "version": "Show the version of this program and of the gateway.",
    "completion": "Print the completion script for a shell.",
}


class Program(Group):
    """The root of the command tree, with commands loaded on demand and one way out for errors."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the module of a command and return the command, None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"debros.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with the closest known names."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as exc:
            raise click.NoSuchCommand(exc.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, with what click would report in its own way under names it leaves to us."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as exc:
            raise errors.ReaderGoneError from exc
        except KeyboardInterrupt as exc:
            raise click.Abort from exc

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,  # noqa: ARG002 - the name never depends on how the program was found
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - click's signature
        **extra: Any,
    ) -> Any:
        """Run the program and exit; with `standalone_mode=False`, return or raise instead, as click does."""
        _replace_closed_streams()
        given = list(sys.argv[1:] if args is None else args)
        settings = Settings(format="json" if _wants_json(given) else "table")
        extra.setdefault("obj", settings)
        if not standalone_mode:
            return super().main(given, PROGRAM, complete_var, standalone_mode=False, **extra)
        code = int(errors.ExitCode.OK)
        try:
            result = super().main(given, PROGRAM, complete_var, standalone_mode=False, **extra)
            code = result if isinstance(result, int) else code
            sys.stdout.flush()
        except Exception as exc:  # noqa: BLE001 - the one place where every failure becomes an exit code
            code = errors.report(exc, settings)
        except KeyboardInterrupt as exc:  # one that came while click was not looking
            code = errors.report(exc, settings)
        sys.exit(code)


def _replace_closed_streams() -> None:
    """Let what is written to a stream that was closed from the start (`>&-`) go nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - stays open as long as the program runs


def _wants_json(args: list[str]) -> bool:
    """Tell whether errors are to be JSON, for the errors that happen before the options are parsed."""
    words = args[: args.index("--")] if "--" in args else args
    return "--format=json" in words or ("--format", "json") in itertools.pairwise(words)


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if not value or ctx.resilient_parsing:
        return
    from debros.version import current  # noqa: PLC0415 - only loaded when asked for

    click.echo(f"{PROGRAM} {current().version}")
    ctx.exit()


@click.command(
    cls=Program,
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
