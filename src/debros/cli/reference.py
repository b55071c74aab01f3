"""docs/cli.md, written from the command tree: `python -m debros.cli.reference [--check] [FILE]`."""

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
    from collections.abc import Iterator, Sequence

_PAGE = Path(__file__).resolve().parents[3] / "docs" / "cli.md"

_WIDTH = 400  # columns; wide enough that no usage line is wrapped, whatever terminal this runs on

_HEAD = """\
# network-cli

<!-- Written by `python -m debros.cli.reference` from the command tree. Change the commands, not this page. -->

`make build` leaves `bin/network-cli`; an installed package has `network-cli` on the PATH. Every command has `--help`;
on hosts of the cluster `man network-cli` shows all of them, and bash (with bash-completion), zsh and fish complete
them. Elsewhere `man -l docs/network-cli.1` and `network-cli completion` do the same.

## Options of every command

They may stand before or after the command: `network-cli --format json peers` and `network-cli peers --format json` are
the same. What stands further right wins. What the command line leaves open is taken from the environment variable,
then from the key of [client.yaml](configuration.md#clientyaml), each named in brackets; the default comes last.

"""

_REST = """\
## Which gateway, which credential

The gateway is the first of these that is given: `--gateway` (or `--bootstrap`, or `--production`), their environment
variables, their keys in `client.yaml`, the current gateway of the credentials file, `http://localhost:6001`.

An API key is read from `--api-key-file PATH` (mode 0600, or a pipe). Without that, the credential in use for the
gateway (with `--namespace`: the one for that namespace) comes from the credentials file. Nothing secret is ever an
argument, because arguments can be seen by every user of the host. `make up` stores the key of a local cluster.

## Signing in

`network-cli auth login` signs a wallet in; a command that is refused for want of a credential does the same by itself.
There are three ways:

| way | when |
|---|---|
| key file | `--key-file` is given: the Ethereum wallet in it signs the gateway's message, also with `--no-input` |
| browser | there is one: the gateway's page opens, your wallet signs, a one-time code (PKCE) comes back |
| device code | else, or with `--device`: a code is shown that you enter on the same page on another device |

Nobody is asked with `--no-input`, or when stderr is no terminal: then the command ends with exit code 3 and names the
one to type. The session is kept fresh, one process at a time, so that commands side by side do not hinder each other.
The key of a file signs nothing but a sign-in of its own wallet to the gateway that is being talked to.

Before anything is asked of the gateway, the credentials file is tried: one that another process holds locked, or that
cannot be written, ends the command while nothing has happened. Should the session not be stored after all (the disk
filled up meanwhile), it is ended at the gateway, and the error says so.

The credentials file is `~/.debros/credentials.json` (`DEBROS_CREDENTIALS_FILE` names another), mode 0600:

```json
{
  "version": "2.0",
  "current": "http://localhost:6001",
  "gateways": {
    "http://localhost:6001": {
      "current": 1,
      "credentials": [
        {"type": "api_key", "api_key": "…", "namespace": "default", "wallet": ""},
        {
          "type": "session", "wallet": "0x…", "namespace": "shop",
          "access_token": "…", "expires_at": 1700000000, "refresh_token": "…"
        }
      ]
    }
  }
}
```

## Output

Data goes to stdout, everything else to stderr. On a terminal, data is drawn as tables that fit its width, in colour
unless `NO_COLOR` is set. Into a pipe or a file it is tab-separated text, one row a line, names first: `\\N` is NULL,
and in texts `\\t`, `\\n`, `\\r` and `\\\\` stand for tab, line end, carriage return and backslash. `--format json`
prints the gateway's answer.

How long work goes is told on stderr: `migrate up` names each migration, `backup` tells the size. On a terminal that is
one line, gone at the end; elsewhere a line for each step, and with `--format json` nothing.

With `--format json` an error is one JSON object on stderr:

```json
{"error": "gateway at … does not answer; is it running?", "code": "gateway_unreachable", "exit_code": 5, "hint": "…"}
```

`code` is the gateway's own for what the gateway refused.

| exit code | meaning |
|---|---|
| 0 | ok |
| 1 | failure |
| 2 | usage: a wrong option or argument |
| 3 | authentication: not signed in, a wrong credential, or not allowed |
| 4 | not found |
| 5 | unavailable: the gateway, or something behind it, does not answer or is degraded; another process holds a lock |
| 130 | interrupted with Ctrl-C |
| 141 | whoever read the output went away |

No request is ever repeated by itself, but for one that was refused for its credential, once. When the answer to a
change is lost, the error says that the change may have been made.
"""


def reference() -> str:
    """Return the page."""
    root = click.Context(cli, info_name=PROGRAM, terminal_width=_WIDTH, max_content_width=_WIDTH)
    shared = _options(root, shared=True)
    commands = "\n".join(_commands(root, cli))
    return f"{_HEAD}{shared}\n{_REST}\n## Commands\n\n{commands}".rstrip("\n") + "\n"


def _commands(parent: click.Context, group: click.Group) -> Iterator[str]:
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert isinstance(command, Command | Group)
        ctx = click.Context(command, parent=parent, info_name=name)
        yield _section(ctx, command)
        if isinstance(command, Group):
            yield from _commands(ctx, command)


def _section(ctx: click.Context, command: Command | Group) -> str:
    summary, _, rest = inspect.cleandoc(command.help or "").partition("\n\n")
    parts = [f"### {ctx.command_path}", summary]
    if not isinstance(command, Group):
        usage = ctx.get_usage().removeprefix("Usage: ")
        parts.append("```sh\n" + "\n".join(command.examples) + "\n```")
        parts += [f"`{usage}`", rest, _options(ctx, shared=False)]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _options(ctx: click.Context, *, shared: bool) -> str:
    records = [
        param.get_help_record(ctx)
        for param in ctx.command.params
        if isinstance(param, click.Option) and isinstance(param, GlobalOption) == shared
    ]
    rows = [f"| `{_cell(names)}` | {_cell(text)} |\n" for names, text in filter(None, records)]
    return "| option | meaning |\n|---|---|\n" + "".join(rows) if rows else ""


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page, or with --check only tell whether it is current; return the exit code."""
    return keep(argv, module="debros.cli.reference", page=_PAGE, made=reference)


if __name__ == "__main__":
    sys.exit(main())
