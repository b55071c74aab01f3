"""docs/network-cli.1, written from the command tree: `python -m debros.cli.manpage [--check] [FILE]`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from debros.cli.generated import keep
from debros.cli.main import PROGRAM, cli
from debros.cli.options import Command, GlobalOption, Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PAGE = Path(__file__).resolve().parents[3] / "docs" / f"{PROGRAM}.1"
_WIDTH = 400  # columns; wide enough that no usage line is wrapped, whatever terminal this runs on

_FILES = (
    ("~/.debros/client.yaml", "Defaults for the options of every command; 'network-cli config init --type client'."),
    ("~/.debros/credentials.json", "Sessions and API keys, mode 0600; 'network-cli auth status' lists them."),
)
_EXIT = (
    ("0", "ok"),
    ("1", "failure"),
    ("2", "usage: a wrong option or argument"),
    ("3", "authentication: not signed in, a wrong credential, or not allowed"),
    ("4", "not found"),
    ("5", "unavailable: the gateway, or something behind it, does not answer or is degraded"),
    ("130", "interrupted with Ctrl-C"),
    ("141", "whoever read the output went away"),
)


def page() -> str:
    """Return the page in man(7)'s language."""
    root = click.Context(cli, info_name=PROGRAM, terminal_width=_WIDTH, max_content_width=_WIDTH)
    name = PROGRAM.replace("-", r"\-")
    lines = [
        r".\" Written by python -m debros.cli.manpage from the command tree. Change the commands, not this page.",
        f'.TH {PROGRAM.upper().replace("-", chr(92) + "-")} 1 "" "DeBros Network"',
        ".SH NAME",
        rf"{name} \- work with DeBros Network",
        ".SH SYNOPSIS",
        rf".B {name}",
        r"[\fIoptions\fR] \fIcommand\fR [\fIarguments\fR]",
        ".SH DESCRIPTION",
        _text(inspect.cleandoc(cli.help or "")),
        ".SH OPTIONS OF EVERY COMMAND",
        *_options(root, shared=True),
        ".SH COMMANDS",
        *_commands(root, cli),
        ".SH FILES",
        *_list(_FILES),
        ".SH EXIT STATUS",
        *_list(_EXIT),
    ]
    return "\n".join(lines) + "\n"


def _commands(parent: click.Context, group: click.Group) -> Iterator[str]:
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert isinstance(command, Command | Group)
        ctx = click.Context(command, parent=parent, info_name=name)
        if isinstance(command, Group):
            yield from _commands(ctx, command)
            continue
        yield f".SS {_text(ctx.get_usage().removeprefix('Usage: '))}"
        yield _text(inspect.cleandoc(command.help or ""))
        yield from _options(ctx, shared=False)


def _options(ctx: click.Context, *, shared: bool) -> Iterator[str]:
    records = [
        param.get_help_record(ctx)
        for param in ctx.command.params
        if isinstance(param, click.Option) and isinstance(param, GlobalOption) == shared
    ]
    return _list(record for record in records if record is not None)


def _list(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in pairs:
        yield ".TP"
        yield rf"\fB{_text(name)}\fR"
        yield _text(text)


def _text(text: str) -> str:
    """Return text that man(7) shows as it is; an empty line becomes the start of a paragraph."""
    quoted = text.replace("\\", "\\e").replace("-", "\\-").replace("\b\n", "").replace("\b", "")
    quoted = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in quoted)  # groff_char(7)
    return "\n".join(
        ".PP" if not line.strip() else f"\\&{line}" if line.startswith((".", "'")) else line
        for line in quoted.splitlines()
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page, or with --check only tell whether it is current; return the exit code."""
    return keep(argv, module="debros.cli.manpage", page=_PAGE, made=page)


if __name__ == "__main__":
    sys.exit(main())
