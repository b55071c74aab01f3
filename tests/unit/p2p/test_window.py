import asyncio

import pytest

from debros.p2p.window import Window


async def test_window_lets_in_by_order_and_size():
    window = Window(max_items=2, max_bytes=100)
    await window.enter(60)
    entered = []

    async def enter(name, size):
        await window.enter(size)
        entered.append(name)

    tasks = [asyncio.create_task(enter("big", 60)), asyncio.create_task(enter("small", 10))]
    await asyncio.sleep(0)
    assert entered == []  # small would fit, but big was first
    window.leave(60)
    await asyncio.gather(*tasks)
    assert entered == ["big", "small"]
    third = asyncio.create_task(enter("third", 1))
    fourth = asyncio.create_task(enter("fourth", 1))
    await asyncio.sleep(0)
    third.cancel()
    window.leave(60)
    await fourth
    assert entered[2:] == ["fourth"]


async def test_window_nobody_overtakes_who_was_just_let_in():
    window = Window(max_items=1)
    await window.enter(1)
    order = []

    async def enter(name):
        await window.enter(1)
        order.append(name)
        window.leave(1)

    first = asyncio.create_task(enter("first"))
    await asyncio.sleep(0)
    window.leave(1)  # first is let in but has not run yet
    await enter("second")
    await first
    assert order == ["first", "second"]


async def test_window_gives_back_what_a_cancelled_waiter_was_given():
    window = Window(max_items=1)
    await window.enter(1)
    waiter = asyncio.create_task(window.enter(1))
    await asyncio.sleep(0)
    window.leave(1)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    async with asyncio.timeout(120):
        await window.enter(1)


async def test_window_a_single_item_over_the_limit_enters_alone():
    window = Window(max_bytes=10)
    async with asyncio.timeout(120):
        await window.enter(1000)
