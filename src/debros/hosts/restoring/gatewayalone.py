"""The steps of a restore on a host with a gateway alone.

It has no data. Its gateway must not write while those of the other hosts change places, and knows the old ones: so it
stops with the others' and starts with them.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

from debros import files
from debros.hosts import places, units
from debros.hosts.restoring import asked
from debros.hosts.restoring.places import Places
from debros.hosts.restoring.steps import MARK
from debros.hosts.settings import no_database
from debros.hosts.waiting import Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from debros.hosts.restoring.asked import Request
    from debros.hosts.settings import Settings


def status(_settings: Settings, _request: Request) -> dict[str, Any]:
    """Say that there is nothing to restore on this host."""
    return {"changed": False, "gateway_only": True}


def close(_settings: Settings, _request: Request) -> dict[str, Any]:
    """Stop the gateway, and keep it from being started, by a reboot too, until `finish`."""
    here = Places(places.DATABASE)
    before = here.gateway_stopped.exists()
    asked.own_directory(here)
    files.replace(here.gateway_stopped, MARK)
    units.stop(units.GATEWAY_SOCKET, units.GATEWAY)
    return {"changed": not before}


def nothing(_settings: Settings, _request: Request) -> dict[str, Any]:
    """Leave the step to the hosts with a database."""
    return {"changed": False}


def elsewhere(_settings: Settings, _request: Request) -> dict[str, Any]:
    """Refuse a step for which there are no data here.

    Raises:
        CliError: always.
    """
    raise no_database()


def finish(settings: Settings, request: Request) -> dict[str, Any]:
    """Start the gateway."""
    here, waiting = Places(places.DATABASE), Wait(settings, "the gateway", request.timeout)
    before = here.root.exists()
    here.gateway_stopped.unlink(missing_ok=True)
    for name in (units.GATEWAY_SOCKET, units.GATEWAY):
        units.start(name, waiting.remaining)
    if before:
        shutil.rmtree(here.root, ignore_errors=True)  # as at the hosts with a database; it has nothing but the mark
    return {"changed": before}


STEPS: Final[dict[str, Callable[[Settings, Request], dict[str, Any]]]] = {
    "status": status,
    "look": elsewhere,
    "prepare": elsewhere,
    "close": close,
    "swap": nothing,
    "undo": nothing,
    "open": nothing,
    "check": nothing,
    "finish": finish,
}
