"""Clients that go away before they are answered, so that a write which still waits for its turn need not be sent.

ASGI tells of it only to who waits for the next message, which costs a task a request; so the protocol leaves a note in
the scope.
"""

from typing import Any, cast

from starlette.types import Scope

from debros.rqlite.writes import Departure

_KEY = "debros.departure"


def attach(scope: Any, departure: Departure) -> None:
    """Leave word of a connection's end in the scope of one of its requests."""
    scope["extensions"] = {_KEY: departure}


def departure(scope: Scope) -> Departure | None:
    """Return where the client's end is noted; None when the server does not say."""
    return cast("Departure | None", scope.get("extensions", {}).get(_KEY))
