"""The steps between the prepared data and a cluster that serves them; each can be repeated."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from debros import files
from debros.hosts import units
from debros.hosts.ready import Readiness, wait
from debros.hosts.restoring import plan as plans
from debros.hosts.restoring.preparing import in_place
from debros.hosts.snapshots import digest, store, take
from debros.rqlite.membership import is_member
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from pathlib import Path

    from debros.hosts.restoring.places import Places
    from debros.hosts.restoring.plan import Plan
    from debros.hosts.settings import Settings
    from debros.hosts.waiting import Wait

MARK = "A restore is not finished: see debros-host check.\n"
_WRITERS = "somebody wrote meanwhile? Gateways must not run on any host"


def close(places: Places) -> None:
    """Stop gateway and database, and keep them from being started, by a reboot too, until `open_` and `finish`.

    Raises:
        CliError: one of them does not stop.
    """
    for mark in (places.gateway_stopped, places.database_stopped):
        files.replace(mark, MARK)
    units.stop(units.GATEWAY_SOCKET, units.GATEWAY, units.RQLITE)


def swap(places: Places, plan: Plan) -> bool:
    """Put the prepared data in the place of the present ones, which are kept; False when that was done before.

    Raises:
        CliError: nothing is prepared, or the database is not closed.
    """
    _require_closed(places)
    if in_place(places, plan):
        return False
    if not places.next_data.exists():
        raise CliError(
            "nothing is prepared here", code="not_prepared", hint="first: debros-host restore-step prepare FILE"
        )
    before = places.before(plan.id)
    try:
        if not before.exists():
            if places.live.exists():
                places.live.rename(before)
            else:
                before.mkdir(mode=0o700)  # a host that had nothing; undoing gives it nothing again
                store.adopt(before, places.live.parent)
        elif places.live.exists():
            shutil.rmtree(places.live)  # of an earlier try, or made anew when the host booted
        plans.write(places.plan, plan)
        places.next_data.rename(places.live)
        shutil.rmtree(places.next)
        files.sync_directory(places.live.parent)
    except OSError as error:
        raise store.unusable(places.live, error) from None
    return True


def undo(places: Places, plan: Plan) -> bool:
    """Put back what a restore has replaced; False when it is back already, or never was replaced.

    Raises:
        CliError: the database is not closed, or there are data that would be lost.
    """
    _require_closed(places)
    source, kept = places.before(plan.back_to), places.before(plan.id)
    try:
        plans.write(places.plan, plan)
        shutil.rmtree(places.next, ignore_errors=True)
        if not source.exists():
            return False
        if places.live.exists() and not kept.exists():
            places.live.rename(kept)
        elif places.live.exists():
            if is_member(places.live):
                raise CliError(
                    f"{places.live} has data, and so has {kept}", code="undo_twice", hint="move one of them away"
                )
            shutil.rmtree(places.live)
        source.rename(places.live)
        files.sync_directory(places.live.parent)
    except OSError as error:
        raise store.unusable(places.live, error) from None
    return True


def open_(places: Places, waiting: Wait) -> None:
    """Start the database. On every host the step before must be done.

    Raises:
        CliError: it does not start.
    """
    places.database_stopped.unlink(missing_ok=True)
    units.start(units.RQLITE, waiting.remaining)


def check(settings: Settings, places: Places, plan: Plan, waiting: Wait) -> digest.Content | None:
    """Wait until this host's database serves, and compare what it has with the backup.

    Returns:
        What it has; None when there is nothing to compare with.

    Raises:
        CliError: it does not serve in time, or has something else.
        RqliteError: it cannot be asked.
    """
    with settings.database() as database:
        wait(Readiness(database, plan.voters), waiting)
        if plan.manifest is None:
            return None
        with take.copy(database, places.root, local=True) as copied:
            content = copied.content
    different = digest.differences(plan.manifest.content, content)
    if different:
        raise CliError(
            f"this host's data differ from the backup: {'; '.join(different)}", code="restore_failed", hint=_WRITERS
        )
    return content


def finish(places: Places, plan: Plan | None, waiting: Wait) -> list[Path]:
    """Start the gateway, and forget all but the data that this plan has replaced.

    By the plan and not by the newest id: a clock that was set back would keep an earlier restore's, and the hosts would
    no longer keep the same. Without a plan everything was forgotten before.

    Returns:
        What was deleted.

    Raises:
        CliError: the gateway does not start.
    """
    if places.database_stopped.exists():
        raise CliError(
            "the database is not open yet", code="not_open", hint="first: debros-host restore-step open, and check"
        )
    places.gateway_stopped.unlink(missing_ok=True)
    for name in (units.GATEWAY_SOCKET, units.GATEWAY):
        units.start(name, waiting.remaining)
    deleted = [places.before(identity) for identity in places.kept() if plan and identity != plan.id]
    for path in (*deleted, places.root):
        shutil.rmtree(path, ignore_errors=True)
    return deleted


def _require_closed(places: Places) -> None:
    if not places.database_stopped.exists():
        raise CliError(
            "the database may be running",
            code="not_closed",
            hint="first, on every host: debros-host restore-step close",
        )
