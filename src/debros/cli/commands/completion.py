"""`network-cli completion`."""

from __future__ import annotations

import click

from debros.cli.options import Command
from debros.terminal import output

_VARIABLE = "_NETWORK_CLI_COMPLETE"  # what click asks the environment for, derived from the program's name


@click.command(
    "completion",
    cls=Command,
    unconfigured=True,
    examples=[
        'eval "$(network-cli completion bash)"',
        "network-cli completion fish > ~/.config/fish/completions/network-cli.fish",
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    Put the first example's line in ~/.bashrc (or, with zsh, in ~/.zshrc).
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - used here only

    kind = get_completion_class(shell)
    assert kind is not None  # click.Choice has seen to it
    root = ctx.find_root()
    output.raw(kind(root.command, {}, "network-cli", _VARIABLE).source().encode())
