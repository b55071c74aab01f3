"""A whole restore on a cluster of one host, and its undoing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from debros.hosts.restoring import asked
from debros.hosts.restoring import members as cluster
from debros.hosts.restoring import plan as plans
from debros.rqlite.errors import RqliteError
from debros.terminal import output
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from debros.hosts.restoring.asked import Request
    from debros.hosts.settings import Settings


def require_alone(settings: Settings, request: Request) -> None:
    """Refuse where the cluster has several hosts.

    Raises:
        CliError: it has.
    """
    known = plans.read(asked.places_of(settings))
    listed = request.members or (known.members if known else ())
    members = cluster.of_cluster(settings, listed)
    if len(members) > 1:
        raise CliError(
            f"the cluster has {len(members)} hosts ({', '.join(one.id for one in members)}), and all must be restored "
            "together; nothing was changed",
            code="several_hosts",
            hint="use ansible/restore.yml, or the steps in docs/operate.md",
        )


def restore(settings: Settings, request: Request) -> dict[str, Any]:
    """Run all steps; what fails after the old data were moved away brings them back.

    Raises:
        CliError: it did not work; says what is there now.
    """
    prepared = asked.prepare(settings, request)
    try:
        asked.close(settings, request)
        before = asked.swap(settings, request)["before"]
        asked.open_(settings, request)
        asked.check(settings, request)
    except (CliError, RqliteError) as error:
        raise _undone(settings, request, str(error)) from error
    except KeyboardInterrupt:
        output.say(settings, "interrupted: the same command goes on; debros-host restore --rollback puts all back")
        raise
    asked.finish(settings, request)
    kept = ("members", "tables", "rows", "warnings")
    return {"changed": True, "file": str(request.backup), "before": before} | {name: prepared[name] for name in kept}


def roll_back(settings: Settings, request: Request) -> dict[str, Any]:
    """Put back what the last restore has replaced; what it has brought is kept in its place.

    Raises:
        CliError: there is nothing to put back, or the database does not serve with it.
    """
    places = asked.places_of(settings)
    known, kept = plans.read(places), places.kept()
    if known is None and not kept:
        raise CliError("there is no restore to undo: no data of before one are kept here", code="nothing_kept")
    asked.close(settings, request)
    answer = asked.undo(settings, request if known else dataclasses.replace(request, back_to=kept[0]))
    asked.open_(settings, request)
    asked.check(settings, request)
    asked.finish(settings, request)
    return answer


def _undone(settings: Settings, request: Request, failure: str) -> CliError:
    output.say(settings, f"{failure}; putting the old data back")
    try:
        roll_back(settings, request)
    except (CliError, RqliteError) as error:
        return CliError(
            f"{failure}; and the old data could not be put back: {error}",
            code="restore_failed",
            hint="mend it, then: debros-host restore --rollback",
        )
    return CliError(f"{failure}; the old data are back", code="restore_failed")
