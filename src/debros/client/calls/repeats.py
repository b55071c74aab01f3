"""What may be sent again, and how long to wait before."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from debros.client.calls.request import Repeat
from debros.client.errors import (
    ConflictError,
    DebrosError,
    NoAnswerError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
    UnreachableError,
)

if TYPE_CHECKING:
    from debros.client.calls.request import Request

_FIRST, _LONGEST = 0.1, 3.0  # seconds: bounds of the waiting time
# Refusals of the moment that have applied nothing (docs/errors.md), so that even a write without a key may come again.
# `relay_unavailable` is none of them: this gateway's own subscribers have had the message.
_NOTHING_APPLIED = frozenset(
    {"no_leader", "database_unavailable", "database_busy", "node_unavailable", "too_many_connections",
     "too_many_sockets", "too_many_topics", "schema_busy", "starting"}
)  # fmt: skip


def may_repeat(request: Request, error: DebrosError) -> bool:
    """Tell whether the same request may be sent again after it has failed like this."""
    match error:
        case UnreachableError() | RateLimitedError():
            return True
        case UnavailableError(code=code) if code in _NOTHING_APPLIED:
            return True
        case UnavailableError(code=code):
            # What a proxy says, or a gateway of another release; `server_key_differs` takes its operator.
            return request.repeat is Repeat.HARMLESS and code not in {"server_key_differs", "relay_unavailable"}
        case NoAnswerError() | OutcomeUnknownError():
            return request.repeat is Repeat.HARMLESS and error.code != "answer_unknown"
        case ConflictError(code="idempotency_key_in_use"):
            return True
    return False


class Pause:
    """How long to wait before the next round: twice as long each time, scattered, so that many do not come at once."""

    def __init__(self) -> None:
        self._bound = _FIRST

    def next(self, error: DebrosError) -> float:
        """Return the seconds to wait after a failure: at least as long as the gateway has asked for."""
        bound = self._bound
        self._bound = min(bound * 2, _LONGEST)
        # Scatter needs no secret; the half of the bound keeps the waiting time from being none.
        return (error.retry_after or 0) + random.uniform(bound / 2, bound)  # noqa: S311 - no secret hangs on it
