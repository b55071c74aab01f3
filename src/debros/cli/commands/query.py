"""`network-cli query`."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from debros.cli import inputs
from debros.cli.options import Command
from debros.terminal import output

if TYPE_CHECKING:
    from debros.cli.settings import Settings

_LEVELS = ("none", "weak", "linearizable", "strong")


class _SqlValue(click.ParamType[Any]):
    """A value for a placeholder: JSON numbers, true, false, null and quoted strings; every other text is itself."""

    name = "value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value as SQL gets it."""
        try:
            parsed = json.loads(value, parse_constant=_not_json)
        except ValueError:
            return value
        if isinstance(parsed, dict | list):
            return value
        if isinstance(parsed, float) and not math.isfinite(parsed):
            self.fail(f"{value} is too large for a number; write it in quotes to send it as text", param, ctx)
        return parsed


def _not_json(text: str) -> NoReturn:
    raise ValueError(text)  # NaN and Infinity, which Python's parser takes and JSON does not know


@click.command(
    "query",
    cls=Command,
    examples=[
        'network-cli query "SELECT * FROM users"',
        'network-cli query "INSERT INTO users(name, age) VALUES (?, ?)" --arg Alice --arg 42',
        'network-cli query "SELECT count(*) FROM users" --level strong --format json',
        "network-cli query - < statement.sql",
    ],
)
@click.argument("sql")
@click.option(
    "--arg",
    "args",
    multiple=True,
    type=_SqlValue(),
    metavar="V",
    help="Value for the next ? of the statement (repeat it).",
)
@click.option("--level", type=click.Choice(_LEVELS), help="Consistency of a read (default: weak).")
@click.pass_obj
def command(settings: Settings, sql: str, args: tuple[Any, ...], level: str | None) -> None:
    """Run one SQL statement.

    SQL is the statement, or - to read it from stdin.

    Values given with --arg are numbers, true, false or null where they look so; --arg '"42"' sends the text 42.
    """
    from debros.cli import sqlkind  # noqa: PLC0415 - the help page does not need it
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client
    from debros.rqlite.sqltext import SqlTextError, is_blank  # noqa: PLC0415 - as sqlkind

    text = inputs.text_from_argument(settings, sql, "the statement")
    try:
        if is_blank(text):
            raise click.UsageError("there is no SQL statement")
        read = sqlkind.reads(text)
    except SqlTextError as exc:
        raise click.UsageError(f"not SQL: {exc}") from exc
    if level and not read:
        raise click.UsageError(
            "--level is for statements that read; a write is always acknowledged after the Raft commit"
        )
    body: dict[str, Any] = {"sql": text}
    if args:
        body["args"] = list(args)
    if level:
        body["level"] = level
    # The rows are all a table needs; as JSON the gateway's whole answer is passed on.
    shape = "rows" if read and settings.format == "table" else None
    with Gateway(settings) as gateway:
        path = "/v1/rqlite/query" if read else "/v1/rqlite/exec"
        answer = gateway.post(path, body=body, writing=not read, shape=shape).json()
    if settings.format == "json":
        output.document(answer)
    elif answer.get("columns"):
        rows = answer.get("rows") or []
        output.table(answer["columns"], rows)
        if sys.stdout.isatty():
            output.say(settings, f"{len(rows)} row{'' if len(rows) == 1 else 's'}")
    elif not read:
        output.facts({name: answer.get(name) for name in ("rows_affected", "last_insert_id")})
