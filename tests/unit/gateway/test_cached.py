import asyncio

import pytest

from debros.gateway.cached import Cached


async def test_many_who_ask_at_once_share_one_answer() -> None:
    made = 0

    async def make() -> int:
        nonlocal made
        made += 1
        await asyncio.sleep(0.01)
        return made

    cached = Cached(make, keep=60)
    assert await asyncio.gather(*(cached.get() for _ in range(20))) == [1] * 20
    assert await cached.get() == 1


async def test_an_old_answer_is_replaced() -> None:
    answers = iter((1, 2))

    async def make() -> int:
        return next(answers)

    cached = Cached(make, keep=0)
    assert [await cached.get(), await cached.get()] == [1, 2]


async def test_one_who_leaves_does_not_take_the_answer_from_the_others() -> None:
    go = asyncio.Event()

    async def make() -> str:
        await go.wait()
        return "answer"

    cached = Cached(make, keep=60)
    leaver, stayer = asyncio.create_task(cached.get()), asyncio.create_task(cached.get())
    await asyncio.sleep(0)
    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    go.set()
    assert await stayer == "answer"


async def test_a_failure_is_not_kept() -> None:
    outcomes = iter((RuntimeError("no"), None))

    async def make() -> str:
        if error := next(outcomes):
            raise error
        return "answer"

    cached = Cached(make, keep=60)
    with pytest.raises(RuntimeError):
        await cached.get()
    assert await cached.get() == "answer"
