"""`network-cli completion`."""

from __future__ import annotations

import click

from debros.cli.options import Command
from debros.terminal import output


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
def command(shell: str) -> None:
    """Print the completion script for a shell.

    Put the first example's line in ~/.bashrc (or, with zsh, in ~/.zshrc). On a host of the cluster it is there already.
    """
    from debros.cli.completions import script  # noqa: PLC0415 - used here only

    output.raw(script(shell).encode())
