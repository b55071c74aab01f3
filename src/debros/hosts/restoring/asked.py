"""What `debros-host restore-step` does: one step on this host, with an answer that a playbook can read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from debros.hosts.restoring import members as cluster
from debros.hosts.restoring import plan as plans
from debros.hosts.restoring import preparing, steps
from debros.hosts.restoring.places import Places
from debros.hosts.restoring.plan import Plan
from debros.hosts.snapshots import migrations, store
from debros.hosts.snapshots.digest import SnapshotError
from debros.hosts.snapshots.verify import verify
from debros.hosts.waiting import Wait
from debros.rqlite.membership import is_member
from debros.terminal import output
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from debros.hosts.restoring.members import Member
    from debros.hosts.settings import Settings
    from debros.hosts.snapshots.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller named.

    Attributes:
        file: the backup; None when none is needed.
        directory: of backups, where a bare name lies.
        id: of the restore, "" = that of the one that goes on, or a new one.
        back_to: id of the restore to undo, "" = the one that goes on.
        members: of the cluster, () = to be found out.
        timeout: seconds for services to serve.
    """

    file: Path | None
    directory: Path
    id: str = ""
    back_to: str = ""
    members: tuple[Member, ...] = ()
    timeout: float = 600.0

    @property
    def backup(self) -> Path:
        """The backup.

        Raises:
            click.UsageError: none was named.
        """
        if self.file is None:
            raise click.UsageError("name a backup")
        bare = len(self.file.parts) == 1 and not self.file.exists()
        return self.directory / self.file if bare else self.file


def places_of(settings: Settings) -> Places:
    """Return where this host's database and its restores are."""
    return Places(settings.node.database.data_dir)


def status(settings: Settings, _request: Request) -> dict[str, Any]:
    """Say what there is on this host; nothing is changed."""
    places = places_of(settings)
    plan = plans.read(places)
    me = cluster.own(settings.node)
    return {
        "changed": False,
        "member": str(me),
        "voter": me.voter,
        "data": is_member(places.live),
        "unfinished": plan.id if plan else "",
        "backup": plan.backup if plan else "",
        "back_to": plan.back_to if plan else "",
        "kept": places.kept(),
    }


def look(settings: Settings, request: Request) -> dict[str, Any]:
    """Check a backup by its manifest, by SQLite, and against the installed release; nothing is changed."""
    found, warnings = checked(settings, request.backup)
    return {"changed": False, "file": str(request.backup), "bytes": found.bytes, "rows": found.content.rows} | {
        "warnings": warnings
    }


def prepare(settings: Settings, request: Request) -> dict[str, Any]:
    """Make the new data; the present ones go on serving."""
    manifest, warnings = checked(settings, request.backup)
    places = places_of(settings)
    known = plans.read(places)
    listed = request.members or (known.members if known else ())
    wanted = Plan(
        id=request.id or (known.id if known else now()),
        backup=request.backup.name,
        manifest=manifest,
        members=cluster.of_cluster(settings, listed),
    )
    own_directory(places)
    with store.locked(places.root):
        try:
            plan, changed = preparing.prepare(settings, places, wanted, request.backup)
        except CliError:
            preparing.leave_nothing(places)
            raise
    content = manifest.content
    return {
        "changed": changed,
        "id": plan.id,
        "members": [str(one) for one in plan.members],
        "position": list(plan.position),
        "tables": len(content.tables),
        "rows": content.rows,
        "warnings": warnings,
    }


def close(settings: Settings, _request: Request) -> dict[str, Any]:
    """Stop gateway and database, for good until they are opened."""
    places = places_of(settings)
    before = places.database_stopped.exists()
    own_directory(places)
    with store.locked(places.root):
        steps.close(places)
    return {"changed": not before}


def swap(settings: Settings, _request: Request) -> dict[str, Any]:
    """Put the new data in the place of the old ones."""
    places = places_of(settings)
    plan = plans.read(places)
    if plan is None or plan.back_to:
        raise CliError(
            "nothing is prepared here", code="not_prepared", hint="first: debros-host restore-step prepare FILE"
        )
    with store.locked(places.root):
        changed = steps.swap(places, plan)
    return {"changed": changed, "before": str(places.before(plan.id))}


def undo(settings: Settings, request: Request) -> dict[str, Any]:
    """Put the old data back."""
    places = places_of(settings)
    known = plans.read(places)
    if known and known.back_to:
        plan = known
    else:
        back_to = request.back_to or (known.id if known else "")
        if not back_to:
            kept = ", ".join(places.kept())
            raise CliError(
                f"no restore is unfinished here; data of before a finished one are kept: {kept or 'none'}",
                code="which_restore",
                hint="say --back-to ID, the same on all hosts: one that each of them keeps ('restore-step status')",
            )
        plan = Plan(id=request.id or now(), back_to=back_to)
    own_directory(places)
    with store.locked(places.root):
        changed = steps.undo(places, plan)
    return {"changed": changed, "replaced": str(places.before(plan.id))}


def open_(settings: Settings, request: Request) -> dict[str, Any]:
    """Start the database."""
    places = places_of(settings)
    before = places.database_stopped.exists()
    steps.open_(places, Wait(settings, "the database", request.timeout))
    return {"changed": before}


def check(settings: Settings, request: Request) -> dict[str, Any]:
    """Wait until the database serves, and compare what it has with the backup."""
    places = places_of(settings)
    plan = plans.read(places)
    if plan is None:
        return {"changed": False}
    content = steps.check(settings, places, plan, Wait(settings, "the database", request.timeout))
    counts = {"tables": len(content.tables), "rows": content.rows} if content else {}
    return {"changed": False, **counts}


def finish(settings: Settings, request: Request) -> dict[str, Any]:
    """Start the gateway, and delete what was replaced by earlier restores."""
    places = places_of(settings)
    before = places.root.exists()
    deleted = steps.finish(places, plans.read(places), Wait(settings, "the gateway", request.timeout))
    return {"changed": before, "deleted": [str(path) for path in deleted], "kept": places.kept()}


STEPS: Final[dict[str, Callable[[Settings, Request], dict[str, Any]]]] = {
    "status": status,
    "look": look,
    "prepare": prepare,
    "close": close,
    "swap": swap,
    "undo": undo,
    "open": open_,
    "check": check,
    "finish": finish,
}


def checked(settings: Settings, path: Path) -> tuple[Manifest, list[str]]:
    """Return the manifest of a sound backup that the installed release can use, and what to know about it.

    Raises:
        CliError: it is not sound, or of another release.
    """
    from debros.gateway.preparation import migrations_directory  # noqa: PLC0415 - loads an HTTP client

    try:
        manifest = verify(path)
    except SnapshotError as error:
        raise CliError(f"{path}: {error}", code="backup_unsound", hint="others: debros-host backups --verify") from None
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}", code="backup_unsound", hint="see: debros-host backups") from None
    fit = migrations.compare(path, migrations_directory())
    if fit.refusals:
        raise CliError(
            f"{path}: {'; '.join(fit.refusals)}",
            code="backup_of_another_release",
            hint="install the release that made it, then restore",
        )
    for warning in fit.warnings:
        output.say(settings, f"Warning: {warning}")
    return manifest, fit.warnings


def print_answer(settings: Settings, answer: dict[str, Any]) -> None:
    """Print what a step or a whole restore says."""
    if settings.json:
        output.document(answer)
    else:
        output.facts({name: " ".join(map(str, it)) if isinstance(it, list) else it for name, it in answer.items()})


def now() -> str:
    """Return an id for a restore that begins now."""
    return f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}"


def own_directory(places: Places) -> None:
    """Make the restore's directory; it belongs to whom the database belongs to."""
    try:
        places.root.mkdir(mode=0o700, exist_ok=True)
        store.adopt(places.root, places.live if places.live.exists() else places.live.parent)
    except OSError as error:
        raise store.unusable(places.root, error) from None
