import asyncio

import pytest

from debros.rqlite import sweeping
from debros.rqlite.errors import NoLeader


async def test_it_goes_on_until_nothing_is_left_and_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_BREATH", 0)
    answers = iter([True, True, False, True, NoLeader("x"), False])
    done = asyncio.Event()
    asked = 0

    async def sweep() -> bool:
        nonlocal asked
        asked += 1
        answer = next(answers, None)
        if answer is None:
            done.set()
            return False
        if isinstance(answer, Exception):
            raise answer
        return answer

    task = asyncio.create_task(sweeping.keep_sweeping(sweep, period=0, what="old things"))
    async with asyncio.timeout(60):
        await done.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asked >= 7


async def test_a_defect_is_not_swallowed() -> None:
    async def sweep() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await sweeping.keep_sweeping(sweep, period=0, what="old things")
