"""Requests whose body is here already when the application asks for it, as that of almost every one is.

ASGI does not tell; so the protocol leaves word in the scope, as it does of clients that go away (departures.py).
"""

from collections.abc import Callable
from typing import Any, cast

from starlette.types import Scope

_KEY = "debros.arrived"


def attach(scope: Any, here: Callable[[], bool]) -> None:
    """Leave word in a request's scope how to learn whether the rest of its body is here."""
    scope["extensions"][_KEY] = here


def arrived(scope: Scope) -> bool:
    """Tell whether the next message is the rest of the body, and there without waiting."""
    here = cast("Callable[[], bool] | None", scope.get("extensions", {}).get(_KEY))
    return here is not None and here()
