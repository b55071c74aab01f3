import asyncio

import pytest

from debros.gateway.pubsub.mailbox import Mailbox, OnSlow


def mailbox(messages: int = 3, size: int = 100, on_slow: OnSlow = OnSlow.CLOSE) -> Mailbox:
    return Mailbox(max_messages=messages, max_bytes=size, on_slow=on_slow)


async def test_frames_leave_in_the_order_they_came() -> None:
    box = mailbox()
    for frame in (b"a", "b", b""):
        box.put_nowait(frame)
    assert [await box.get() for _ in range(3)] == [b"a", "b", b""]


async def test_a_reader_waits_for_the_next_frame() -> None:
    box = mailbox()
    reader = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    box.put_nowait(b"x")
    assert await reader == b"x"


async def test_a_cancelled_reader_loses_nothing() -> None:
    box = mailbox()
    reader = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    box.put_nowait(b"x")
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    assert await box.get() == b"x"


@pytest.mark.parametrize(("frames", "limit"), [([b"x"] * 4, {"messages": 3}), ([b"x" * 40] * 3, {"size": 100})])
async def test_one_frame_too_many_overflows_for_good(frames, limit) -> None:
    box = mailbox(**limit)
    for frame in frames:
        box.put_nowait(frame)
    await asyncio.sleep(0)
    assert box.overflowed.is_set()
    assert box.dropped == len(frames)
    box.put_nowait(b"later")
    assert box.dropped == len(frames) + 1


@pytest.mark.parametrize(
    ("frames", "limit"),
    [([b"1", b"2", b"3", b"4"], {"messages": 3}), ([b"1" * 40, b"2", b"3" * 30, b"4" * 40], {"size": 100})],
)
async def test_dropping_keeps_the_newest_in_order(frames, limit) -> None:
    box = mailbox(on_slow=OnSlow.DROP, **limit)
    for frame in frames:
        box.put_nowait(frame)
    await asyncio.sleep(0)
    assert [await box.get() for _ in range(3)] == frames[1:]
    assert box.dropped == 1
    assert not box.overflowed.is_set()


async def test_a_single_frame_over_the_bytes_still_passes() -> None:
    box = mailbox(size=10)
    box.put_nowait(b"x" * 50)
    assert await box.get() == b"x" * 50
    box.put_nowait(b"x" * 50)  # the count of bytes went back to zero
    await asyncio.sleep(0)
    assert not box.overflowed.is_set()


async def test_a_burst_is_no_overflow_when_the_reader_takes_it_at_once() -> None:
    box = mailbox()
    taken: list[object] = []

    async def read() -> None:
        while True:
            taken.append(await box.get())

    reader = asyncio.create_task(read())
    await asyncio.sleep(0)
    for n in range(50):
        box.put_nowait(b"%d" % n)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert taken == [b"%d" % n for n in range(50)]
    assert not box.overflowed.is_set()
    assert box.dropped == 0
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
