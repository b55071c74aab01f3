"""`network-cli storage`: values by key."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from debros.cli import inputs
from debros.cli.options import Group
from debros.terminal import output
from debros.terminal.durations import DurationType
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from debros.cli.settings import Settings


@click.group(
    "storage",
    cls=Group,
    examples=["network-cli storage put greeting hello", "network-cli storage get greeting"],
)
def command() -> None:
    """Store and fetch values by key."""


_FACTS = {"content_type": "Content-Type", "etag": "ETag", "expires_at": "X-Expires-At"}
_if_match = click.option("--if-match", metavar="ETAG", help="Only if the value still has this ETag; * for any value.")


def _conditions(if_match: str | None) -> dict[str, str]:
    """Return the header of --if-match; an ETag may be given without its quotes, which a shell takes away."""
    if if_match is None:
        return {}
    tag = _plain(if_match, "--if-match")
    return {"If-Match": tag if tag == "*" or '"' in tag else f'"{tag}"'}


def _plain(text: str, option: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise CliError(f"{option} takes plain ASCII text; got {text!r}", code="usage", exit_code=ExitCode.USAGE)
    return text


@command.command(
    "put",
    examples=[
        "network-cli storage put greeting hello",
        "network-cli storage put logo @logo.png",
        "pg_dump shop | network-cli storage put backup/shop -",
        "network-cli storage put session/42 open --ttl 30m",
        "network-cli storage put lock mine --if-absent --ttl 1m",
    ],
)
@click.argument("key")
@click.argument("value", required=False)
@click.option("--ttl", metavar="TIME", type=DurationType(), help="Keep the value so long, such as 90s or 24h.")
@click.option("--content-type", metavar="TYPE", help="Keep this media type with the value, such as image/png.")
@click.option("--if-absent", is_flag=True, help="Only if there is no value yet.")
@_if_match
@click.pass_obj
def put(
    settings: Settings,
    key: str,
    value: str | None,
    *,
    ttl: float | None,
    content_type: str | None,
    if_absent: bool,
    if_match: str | None,
) -> None:
    """Store a value under a key, in place of an older one with its time and its type.

    VALUE is the value itself, - (or nothing) for stdin, @FILE for the content of a file. Exit code 1 when --if-absent
    or --if-match does not hold. With --format json the answer has the new "etag".
    """
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    headers = _conditions(if_match)
    if if_absent and if_match is not None:
        raise CliError("--if-absent and --if-match never hold together", code="usage", exit_code=ExitCode.USAGE)
    if if_absent:
        headers["If-None-Match"] = "*"
    if content_type is not None:
        headers["Content-Type"] = _plain(content_type, "--content-type")
    content = inputs.from_argument(settings, value, "the value", files=True)
    lifetime = None if ttl is None else f"{round(ttl * 1000)}ms"
    with Gateway(settings) as gateway:
        answer = gateway.post("/v1/storage/put", content=content, headers=headers, key=key, ttl=lifetime)
    if settings.format == "json":
        output.document(answer.json() | _described(answer.headers, {"etag": "ETag"}))
    else:
        output.say(settings, f"Stored {len(content)} bytes under {key}")


@command.command(
    "get",
    examples=["network-cli storage get greeting", "network-cli storage get logo --output logo.png"],
)
@click.argument("key")
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write the value to this file."
)
@click.pass_obj
def get(settings: Settings, key: str, target: Path | None) -> None:
    """Write the value of a key to stdout, byte for byte.

    Exit code 4 when there is none. With --format json: {"key", "size", "value", "content_type", "etag", "expires_at"},
    "value_base64" when it is not text, and "expires_at" only where there is an end.
    """
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    with Gateway(settings) as gateway:
        answer = gateway.get("/v1/storage/get", key=key)
    value = answer.body
    if target is not None:
        target.write_bytes(value)
        output.say(settings, f"Wrote {len(value)} bytes to {target}")
    elif settings.format == "json":
        output.document({"key": key, "size": len(value)} | _as_json(value) | _described(answer.headers, _FACTS))
    elif sys.stdout.isatty():
        _show(value)
    else:
        output.raw(value)


def _described(headers: Mapping[str, str], facts: Mapping[str, str]) -> dict[str, str]:
    """Return what the answer's headers say, under our names; a member for each header that is there."""
    return {name: headers[header] for name, header in facts.items() if header in headers}


def _as_json(value: bytes) -> dict[str, str]:
    try:
        return {"value": value.decode()}
    except UnicodeDecodeError:
        return {"value_base64": base64.b64encode(value).decode("ascii")}


def _show(value: bytes) -> None:
    """Write text to the terminal; what could steer it must be sent elsewhere on purpose."""
    text = value.decode(errors="replace")
    if "\ufffd" in text or output.printable(text) != text:
        raise CliError(
            f"the value ({len(value)} bytes) is not plain text, which a terminal may take for commands",
            code="binary_on_terminal",
            hint="write it to a file with --output FILE, or pipe it",
        )
    output.line(text.removesuffix("\n"))


@command.command("exists", examples=["network-cli storage exists greeting && echo there"])
@click.argument("key")
@click.pass_context
def exists(ctx: click.Context, key: str) -> None:
    """Print true or false: whether there is a value under a key.

    Exit code 0 when there is, 4 when there is none.
    """
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    settings: Settings = ctx.obj
    with Gateway(settings) as gateway:
        answer = gateway.get("/v1/storage/exists", key=key).json()
    there = answer.get("exists") is True
    if settings.format == "json":
        output.document(answer)
    else:
        output.line("true" if there else "false")
    if not there:
        ctx.exit(ExitCode.NOT_FOUND)


@command.command("delete", examples=["network-cli storage delete greeting"])
@click.argument("key")
@_if_match
@click.pass_obj
def delete(settings: Settings, key: str, if_match: str | None) -> None:
    """Delete the value of a key.

    Exit code 1 when --if-match does not hold.
    """
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    with Gateway(settings) as gateway:
        answer = gateway.post("/v1/storage/delete", body={"key": key}, headers=_conditions(if_match)).json()
    if settings.format == "json":
        output.document(answer)
    else:
        output.say(settings, f"Deleted {key}")


@command.command(
    "list",
    examples=[
        "network-cli storage list",
        "network-cli storage list backup/ --all",
        "network-cli storage list --limit 10",
    ],
)
@click.argument("prefix", default="")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many keys in one answer.")
@click.option("--cursor", metavar="CURSOR", help="Go on where an earlier list ended.")
@click.option("--all", "everything", is_flag=True, help="All keys, however many answers it takes.")
@click.pass_obj
def list_(settings: Settings, prefix: str, limit: int | None, cursor: str | None, everything: bool) -> None:  # noqa: FBT001 - click passes by name
    """List keys, one a line; those that start with PREFIX, if given."""
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    found: list[Any] = []
    with Gateway(settings) as gateway:
        while True:
            answer = gateway.get("/v1/storage/list", prefix=prefix or None, limit=limit, cursor=cursor).json()
            found += answer.get("keys") or []
            following = answer.get("next_cursor") or None
            if settings.format == "table":
                for key in answer.get("keys") or []:
                    output.line(output.escaped(str(key)))
            if not everything or following is None:
                break
            if following == cursor:
                raise CliError(f"{gateway.target.url} repeats its cursor {cursor!r}", code="not_a_gateway")
            cursor = following
    if settings.format == "json":
        output.document(answer | {"keys": found})
    elif following is not None:
        output.say(settings, f"There are more: --cursor {following}, or --all")
