import asyncio

import pytest

from debros.rqlite.writes import Writes
from testkit.shared_writes import LIMITS, Held, insert


@pytest.fixture
def held(fake):
    return Held(fake)


@pytest.fixture
async def writes(client):
    group = Writes(client, LIMITS, timeout=60, at_once=1)
    yield group
    await group.close(0)


@pytest.fixture
async def start(writes):
    """Begin writes and let them get to where they wait."""
    tasks = []

    async def begin(*numbers, namespace="a", departure=None):
        begun = [asyncio.ensure_future(writes.execute(namespace, insert(n), departure)) for n in numbers]
        tasks.extend(begun)
        await asyncio.sleep(0)
        return begun

    yield begin
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
