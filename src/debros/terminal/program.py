"""The root of a program's command tree: commands are loaded on demand, and there is one way out for every failure."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from debros.terminal import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Program(click.Group):
    """A program whose commands live in one module each, named like the command with `_` for `-`.

    Args:
        args: click's.
        program: the program's name, however it was found.
        summaries: command → its summary, so that the help page need not import any of them; in the help page's order.
        package: where the modules are; each calls its command `command`.
        kwargs: click's.
    """

    def __init__(self, *args: Any, program: str, summaries: Mapping[str, str], package: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._program, self._summaries, self._package = program, summaries, package

    def settings(self, args: Sequence[str]) -> errors.Manner:
        """Return what click passes around as the context's object, from a command line not yet parsed."""
        raise NotImplementedError

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the module of a command and return the command, None when there is none of that name."""
        if cmd_name not in self._summaries:
            return None
        command = importlib.import_module(f"{self._package}.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with the closest known names."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as exc:
            raise click.NoSuchCommand(exc.command_name, possibilities=self._summaries, ctx=ctx) from None

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
            formatter.write_dl(list(self._summaries.items()))

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
        settings = self.settings(given)
        extra.setdefault("obj", settings)
        if not standalone_mode:
            return super().main(given, self._program, complete_var, standalone_mode=False, **extra)
        code = int(errors.ExitCode.OK)
        try:
            result = super().main(given, self._program, complete_var, standalone_mode=False, **extra)
            code = result if isinstance(result, int) else code
            sys.stdout.flush()
        except Exception as exc:  # noqa: BLE001 - the one place where every failure becomes an exit code
            code = errors.report(exc, settings, self._program)
        except KeyboardInterrupt as exc:  # one that came while click was not looking
            code = errors.report(exc, settings, self._program)
        sys.exit(code)


def _replace_closed_streams() -> None:
    """Let what is written to a stream that was closed from the start (`>&-`) go nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - stays open as long as the program runs
