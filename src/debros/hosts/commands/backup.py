"""`debros-host backup`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from debros.hosts.cluster import look
from debros.hosts.options import directory_option
from debros.hosts.settings import Command, Settings
from debros.hosts.snapshots import store, take, told
from debros.hosts.snapshots.watch import Shown
from debros.hosts.waiting import Wait
from debros.rqlite.errors import NoLeader, Unavailable
from debros.terminal import output
from debros.terminal.durations import DurationType
from debros.terminal.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from debros.hosts.cluster import Cluster
    from debros.hosts.database import Database

# A timer fires every so many minutes, never exactly: a backup that is due in less than this is due, seconds.
_SLACK = 60.0
_INTERVAL = "interval"
# How long an election may take, seconds; the next attempt is a quarter of an hour away.
_ELECTION = 30.0


class _Age(DurationType):
    """A duration, or the interval of the configuration."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return seconds, or the word."""
        return value if value == _INTERVAL else super().convert(value, param, ctx)


@click.command("backup", cls=Command)
@click.option("--if-leader", is_flag=True, help="Only when this host leads the database; else do nothing.")
@click.option(
    "--if-older-than",
    metavar="TIME",
    type=_Age(bare_seconds=True),
    help="Only when this host's newest backup is older; 'interval' is database.backup_interval, and 0 there is never.",
)
@click.option("--keep", metavar="N", type=click.IntRange(min=1), default=7, show_default=True, help="How many to keep.")
@click.option(
    "--without-leader",
    is_flag=True,
    help="This host's own copy, when the majority is gone for ever; it may lack what was written last.",
)
@directory_option
@click.pass_obj
def command(
    settings: Settings,
    if_leader: bool,  # noqa: FBT001 - click's
    if_older_than: float | str | None,
    keep: int,
    without_leader: bool,  # noqa: FBT001 - click's
    directory: Path,
) -> None:
    """Take a backup of the database while it runs, and check it.

    The leader's data goes to a file, and a manifest beside it tells its SHA-256, and a count and a checksum of each
    table. Only after SQLite has found it sound does it get its name, debros-<UTC time>.sqlite. The newest are kept.
    """
    if if_leader and without_leader:
        raise click.UsageError("--if-leader and --without-leader exclude each other")
    reason = _not_due(settings, if_older_than, directory)
    if reason:
        _skipped(settings, reason)
        return
    with settings.database() as database, store.locked(directory):
        if if_leader and (reason := _anothers(settings, database)):
            _skipped(settings, reason)
            return
        with Progress(settings) as progress:
            taken = take.take(database, directory, local=without_leader, watch=Shown(progress))
        deleted = store.prune(directory, keep)
        assert taken.manifest is not None
        # Without a leader nothing can be written, and nobody should wait for that.
        interval = float(settings.node.database.backup_interval)
        untold = "" if without_leader else told.tell(database, taken.manifest, interval)
    content = taken.manifest.content
    if settings.json:
        facts = {"changed": True, "file": str(taken.path), "bytes": taken.bytes, "sha256": taken.manifest.sha256}
        counts = {"tables": len(content.tables), "rows": content.rows}
        output.document({**facts, **counts, "deleted": [str(path) for path in deleted], "untold": untold})
        return
    output.line(f"{taken.path}: {taken.bytes} bytes, {len(content.tables)} tables, {content.rows} rows, sound")
    for path in deleted:
        output.line(f"{path}: deleted, {keep} newer ones are kept")
    if untold:
        output.line(f"the console will not show this backup: {untold}")


def _anothers(settings: Settings, database: Database) -> str:
    """Return why no backup is this host's to take now, "" when it leads. An election is waited for.

    Who cannot tell does not lead. That is no backup that failed, and would stay one until the timer fires again, long
    after the cluster is whole; it is told by what looks at the database (`debros-host check`).
    """
    found: list[Cluster] = []

    def obstacle() -> str:
        try:
            found[:] = [look(database)]
        except (NoLeader, Unavailable) as error:
            return str(error)
        return "" if found[0].leader else "nobody leads the database"

    if reason := Wait(settings, "a leader", _ELECTION).until(obstacle):
        return f"{reason}; whoever leads next takes the backups"
    (cluster,) = found
    assert cluster.leader is not None
    return "" if cluster.leads else f"{cluster.leader.id} leads the database, and takes the backups"


def _not_due(settings: Settings, age: float | str | None, directory: Path) -> str:
    """Return why no backup is due yet, "" when one is."""
    if age is None:
        return ""
    seconds = float(settings.node.database.backup_interval) if age == _INTERVAL else float(age)
    if seconds == 0:
        return "backups are turned off (database.backup_interval: 0)"
    newest = store.newest(directory)
    if newest is None:
        return ""
    old = newest.age(dt.datetime.now(dt.UTC))
    # One from the future was taken while the clock was wrong, and says nothing.
    if -_SLACK < old < seconds - _SLACK:
        return f"the newest backup, {newest.path.name}, is {old / 3600:.1f} h old"
    return ""


def _skipped(settings: Settings, reason: str) -> None:
    if settings.json:
        output.document({"changed": False, "reason": reason})
    else:
        output.line(f"no backup taken: {reason}")
