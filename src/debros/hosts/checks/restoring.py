"""Whether a restore was begun and not finished: database or gateway are kept from starting meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.hosts.checks.result import Result, State
from debros.hosts.restoring import plan as plans
from debros.hosts.restoring.places import Places
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = "restore"
_ADVICE = "run the same restore again, or roll it back"


def unfinished(live: Path) -> Iterator[Result]:
    """Say so when there is one; nothing otherwise.

    Args:
        live: the database's directory.
    """
    places = Places(live)
    try:
        if not places.gateway_stopped.exists():
            return
        plan = plans.read(places)
    except (CliError, OSError) as error:
        yield Result(_NAME, State.BAD, str(error))
        return
    if plan is None:
        what = "a restore"
    else:
        what = f"undoing the restore {plan.back_to}" if plan.back_to else f"restoring {plan.backup}"
    stopped = "database and gateway" if places.database_stopped.exists() else "the gateway"
    yield Result(_NAME, State.BAD, f"{what} is not finished, and {stopped} must not start; {_ADVICE}")
