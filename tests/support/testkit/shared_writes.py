"""What the tests of group commit have in common."""

from __future__ import annotations

import asyncio

from debros.rqlite.types import Statement
from debros.rqlite.writes import QueueLimits

LIMITS = QueueLimits(batch=128, batch_bytes=100_000, waiting=100, waiting_bytes=1_000_000, share=50)


def insert(value):
    return Statement("INSERT INTO t VALUES(?)", [value], verbatim=True)


def values(request):
    return [statement[1] for statement in request[1]]


class Held:
    """An rqlited that answers when it is let go."""

    def __init__(self, fake):
        self.arrived = asyncio.Semaphore(0)
        self.go = asyncio.Semaphore(0)
        self.fake = fake
        fake.answer = self.answer

    async def answer(self, _request):
        _, statements = self.fake.requests[-1]
        self.arrived.release()
        await self.go.acquire()
        return {"results": [{"last_insert_id": args[0], "rows_affected": 1} for _, *args in statements]}
