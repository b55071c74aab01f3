"""What one worker wants of all the others: the parent asks them at once, and waits for each a moment only."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from debros.gateway.workers.member import Member

# Seconds that a worker gets for its answer.
PATIENCE: Final = 2.0
T = TypeVar("T")


class Others:
    """Some workers.

    Args:
        members: Which.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members

    async def look(self) -> None:
        """Have them read what was revoked."""
        await asyncio.gather(*(in_time(member.look(), PATIENCE) for member in self._members))

    async def topics(self, namespace: str) -> dict[str, int]:
        """Return how many of their sockets listen to each topic of a namespace."""
        found: Counter[str] = Counter()
        for told in await asyncio.gather(*(in_time(member.topics(namespace), PATIENCE) for member in self._members)):
            found.update(told or {})
        return dict(found)


async def in_time(asking: Coroutine[object, object, T], seconds: float) -> T | None:
    """Return an answer, None when it does not come in time."""
    try:
        return await asyncio.wait_for(asking, seconds)
    except TimeoutError:
        return None
