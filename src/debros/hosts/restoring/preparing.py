"""Making the new data directory on this host, while the old database serves."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from debros.hosts.restoring import members as cluster
from debros.hosts.restoring import plan as plans
from debros.hosts.restoring import standalone
from debros.hosts.restoring.plan import Plan
from debros.hosts.snapshots import digest, store, take
from debros.rqlite.errors import RqliteError
from debros.rqlite.membership import is_member
from debros.terminal import output
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from debros.hosts.database import Database
    from debros.hosts.restoring.members import Member
    from debros.hosts.restoring.places import Places
    from debros.hosts.settings import Settings

_CHUNK = 1024 * 1024
# Term 1 is that of the list of members, and the first election makes it 2; a very busy machine may need a second one.
_TERM, _ATTEMPTS = 2, 3
# Measured with 1 GB: the new directory holds the data twice (database, snapshot) and once more while it is checked;
# with several members Raft's recovery writes both anew when it starts.
_ALONE, _SEVERAL = 3, 4
_MARGIN_BYTES = 64 * 1024 * 1024


def prepare(settings: Settings, places: Places, plan: Plan, backup: Path) -> tuple[Plan, bool]:
    """Make the data directory that will take the place of the present one, which is not touched.

    Args:
        settings: which rqlited, and whether to talk.
        places: where.
        plan: what is wanted; its position is found out.
        backup: the file, which has just been verified.

    Returns:
        The plan, and whether anything was done: what an earlier run has made of the same backup is used again.

    Raises:
        CliError: it cannot be made; says why.
    """
    assert plan.manifest is not None
    known = plans.read(places)
    if known and known.back_to:
        raise CliError(f"the restore {known.back_to} is being undone", code="undoing", hint="finish that first")
    if known and _same(known, plan) and (places.next_data.exists() or in_place(places, known)):
        return known, False
    try:
        _tidy(places)
        _require_place(places.live)
        _require_room(places.live, plan.manifest.bytes, several=len(plan.members) > 1)
        for _ in range(_ATTEMPTS):
            made = _made(settings, places, plan, backup)
            if made.position[1] == _TERM:
                break
        plans.write(places.partial / places.next_plan.name, made)
        places.partial.rename(places.next)
    except OSError as error:
        raise store.unusable(places.root, error) from None
    return made, True


def leave_nothing(places: Places) -> None:
    """Remove what a preparation that failed has left, unless a restore goes on here."""
    if plans.read(places) or places.gateway_stopped.exists():
        shutil.rmtree(places.partial, ignore_errors=True)
    else:
        shutil.rmtree(places.root, ignore_errors=True)


def in_place(places: Places, plan: Plan) -> bool:
    """Tell whether a plan's data are the live ones already."""
    return not places.next_data.exists() and places.before(plan.id).exists() and is_member(places.live)


def _same(known: Plan, wanted: Plan) -> bool:
    assert wanted.manifest is not None
    return (
        known.manifest is not None
        and known.manifest.sha256 == wanted.manifest.sha256
        and (known.id, known.members) == (wanted.id, wanted.members)
    )


def _made(settings: Settings, places: Places, plan: Plan, backup: Path) -> Plan:
    """Fill a new directory; raise CliError when what is in it is not what is in the backup."""
    assert plan.manifest is not None
    shutil.rmtree(places.partial, ignore_errors=True)
    places.partial.mkdir(mode=0o700)
    store.adopt(places.partial, places.root)
    data = places.partial / places.next_data.name
    me = cluster.own(settings.node)
    output.say(settings, f"making the new data of {me.id} from {backup.name}")
    try:
        with standalone.running(settings, me, data, places.partial) as database:
            database.boot(_pieces(backup), plan.manifest.bytes)
            # Its own copy of what it has now: the same question that will be asked when the cluster serves.
            with take.copy(database, places.partial) as copied:
                different = digest.differences(plan.manifest.content, copied.content)
            position = _position(database)
    except RqliteError as error:
        raise CliError(f"rqlite does not take the backup: {error}; nothing was changed", code="boot_failed") from None
    if different:
        text = f"rqlite made something else of the backup: {'; '.join(different)}; nothing was changed"
        raise CliError(text, code="boot_failed")
    if len(plan.members) > 1:
        _list_members(data, plan.members)
    return Plan(plan.id, plan.backup, plan.manifest, plan.members, position)


def _position(database: Database) -> tuple[int, int]:
    raft = database.status()["store"]["raft"]
    return int(raft["last_snapshot_index"]), int(raft["last_snapshot_term"])


def _list_members(data: Path, members: tuple[Member, ...]) -> None:
    """Leave the list that Raft's recovery reads at the next start; only then may the others be spoken to."""
    folder = data / "raft"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "peers.json"
    path.write_text(cluster.peers_json(members))
    store.adopt(folder, data)
    store.adopt(path, data)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


def _tidy(places: Places) -> None:
    for path in (places.partial, places.next):
        shutil.rmtree(path, ignore_errors=True)


def _require_place(live: Path) -> None:
    if os.path.ismount(live):
        raise CliError(
            f"{live} is a disk of its own, and a directory cannot be put in its place",
            code="mount_point",
            hint=f"mount the disk at {live.parent}, or further up",
        )


def _require_room(live: Path, size: int, *, several: bool) -> None:
    free = shutil.disk_usage(live.parent).free
    needed = size * (_SEVERAL if several else _ALONE) + _MARGIN_BYTES
    if free < needed:
        raise CliError(
            f"{live.parent}: {free // 2**20} MB free, and restoring {size // 2**20} MB needs {needed // 2**20} MB; "
            "nothing was changed",
            code="disk_full",
            hint="make room: what is there now is kept beside the new data until the next restore",
        )
