"""`network-cli migrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from debros.cli.options import Group
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from debros.cli.settings import Settings
    from debros.rqlite.migrate import Migration

_COLUMNS = ("version", "name", "state", "applied_at")
_WRONG = ("changed", "missing")

_directory = click.argument(
    "directory", type=click.Path(path_type=Path, file_okay=False), default=Path("migrations"), required=False
)
_own = click.option("--own", is_flag=True, help="The gateway's own schema; as root, on a member of the cluster.")
_node_config = click.option("--node-config", type=click.Path(path_type=Path), hidden=True)


@click.group(
    "migrate",
    cls=Group,
    examples=["network-cli migrate status", "network-cli migrate up", "sudo network-cli migrate status --own"],
)
def command() -> None:
    """Apply numbered SQL files to a namespace, each once.

    The files of a directory (./migrations, unless another one is named) are NNN_name.sql, from 001. Each is one
    transaction with its row in the table schema_migrations.
    """


@command.command(
    "status",
    examples=["network-cli migrate status", "network-cli migrate status db/migrations --format json"],
)
@_directory
@_own
@_node_config
@click.pass_obj
def status(settings: Settings, directory: Path, own: bool, node_config: Path | None) -> None:  # noqa: FBT001 - click's
    """Show how each migration stands, and change nothing.

    Exit code 1 when a file was changed after it was applied, or is missing.
    """
    from debros.rqlite import migrate  # noqa: PLC0415 - the help page does not need it

    found: list[Any] = _run(settings, migrate.status, directory, own=own, node_config=node_config)
    rows = [[one.version, one.name, str(one.state), one.applied_at] for one in found]
    if settings.format == "json":
        output.document({"migrations": [dict(zip(_COLUMNS, row, strict=True)) for row in rows]})
    else:
        output.table(_COLUMNS, rows)
    if wrong := [f"{one.version:03}_{one.name}.sql ({one.state})" for one in found if one.state in _WRONG]:
        raise CliError(f"not as they were applied: {', '.join(wrong)}", code="migration_failed")


@command.command("up", examples=["network-cli migrate up", "network-cli migrate up db/migrations --namespace shop"])
@_directory
@_own
@_node_config
@click.pass_obj
def up(settings: Settings, directory: Path, own: bool, node_config: Path | None) -> None:  # noqa: FBT001 - click's
    """Apply what is pending, in order. However many do so at once, each file is applied once.

    A file that fails changes nothing, and those before it stay applied; the error names its statement and line. It is
    safe to run this again, also after Ctrl-C. What is being applied is told on stderr, what was applied on stdout.
    """
    import functools  # noqa: PLC0415 - the help page needs none of this

    from debros.cli.applying import Applying  # noqa: PLC0415 - as above
    from debros.rqlite import migrate  # noqa: PLC0415 - as above

    with Applying(settings) as applying:
        work = functools.partial(migrate.apply, watch=applying)
        applied: list[Migration] = _run(settings, work, directory, own=own, node_config=node_config)
    if settings.format == "json":
        output.document({"applied": [one.file for one in applied]})
    elif not applied:
        output.say(settings, "Nothing is pending")


def _run(
    settings: Settings,
    work: Callable[[Any, list[Migration]], Coroutine[Any, Any, list[Any]]],
    directory: Path,
    *,
    own: bool,
    node_config: Path | None,
) -> list[Any]:
    """Do something with the migrations of a directory and the database they are for.

    Raises:
        CliError: a file or the database is not as it should be.
    """
    from debros.rqlite import migrate  # noqa: PLC0415 - the help page needs none of this
    from debros.rqlite.errors import UnknownOutcome  # noqa: PLC0415 - as above

    try:
        return _on_host(settings, work, node_config) if own else _in_namespace(settings, work, directory)
    except migrate.MigrationError as exc:
        raise CliError(str(exc), code="migration_failed") from exc
    except UnknownOutcome as exc:
        hint = "run it again: what was applied is not applied a second time"
        raise CliError(str(exc), code="outcome_unknown", exit_code=ExitCode.UNAVAILABLE, hint=hint) from exc


def _in_namespace(
    settings: Settings, work: Callable[..., Coroutine[Any, Any, list[Any]]], directory: Path
) -> list[Any]:
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client
    from debros.cli.migrations import Namespace, driven  # noqa: PLC0415 - as above
    from debros.rqlite import migrate  # noqa: PLC0415 - as above

    files = migrate.load_directory(directory)
    with Gateway(settings) as gateway:
        return driven(work(Namespace(gateway), files))


def _on_host(
    settings: Settings, work: Callable[..., Coroutine[Any, Any, list[Any]]], node_config: Path | None
) -> list[Any]:
    import asyncio  # noqa: PLC0415 - the help page needs none of this

    from debros.config.secretfiles import read_credentials  # noqa: PLC0415 - as above
    from debros.gateway.preparation import migrations_directory  # noqa: PLC0415 - as above
    from debros.hosts import places  # noqa: PLC0415 - as above
    from debros.hosts.settings import Settings as HostSettings  # noqa: PLC0415 - as above
    from debros.hosts.settings import translated  # noqa: PLC0415 - as above
    from debros.rqlite import migrate  # noqa: PLC0415 - as above
    from debros.rqlite.client import RqliteClient  # noqa: PLC0415 - as above
    from debros.rqlite.types import Credentials  # noqa: PLC0415 - as above

    host = HostSettings(node_config or places.CONFIG, quiet=settings.quiet, verbose=settings.verbose)

    async def ask() -> list[Any]:
        secret = host.keys / places.ADMIN_CREDENTIALS
        admin = Credentials(*read_credentials(secret)) if secret.exists() else None
        url = f"http://127.0.0.1:{host.node.database.rqlite_port}"
        async with RqliteClient([url], credentials=admin) as client:
            return await work(client, migrate.load_directory(migrations_directory()))

    return translated(asyncio.run)(ask())
