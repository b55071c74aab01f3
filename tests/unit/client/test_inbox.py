import asyncio

import pytest

from debros.client import Gap, GapReason, Message, SlowReaderError
from debros.client.pubsub.inbox import Inbox

LOST = Gap(GapReason.RECONNECTED, seconds=2)


def message(text: str) -> Message:
    return Message("t", text.encode())


async def fill(inbox: Inbox, *texts: str) -> None:
    for text in texts:
        await inbox.put(message(text))


async def read(inbox: Inbox) -> list[str | Gap]:
    events = [await inbox.get() for _ in range(len(inbox))]
    return [event if isinstance(event, Gap) else event.text for event in events]


def slow(dropped: int) -> Gap:
    return Gap(GapReason.SLOW_READER, dropped=dropped)


async def test_what_comes_is_given_in_order() -> None:
    inbox = Inbox(3, 100, "close")
    await fill(inbox, "a", "b")
    inbox.gap(LOST)
    await fill(inbox, "c")
    assert await read(inbox) == ["a", "b", LOST, "c"]


async def test_the_oldest_make_room_and_a_gap_stands_in_their_place() -> None:
    inbox = Inbox(2, 100, "drop_oldest")
    await fill(inbox, "a", "b", "c", "d", "e")
    assert await read(inbox) == [slow(3), "d", "e"]
    assert inbox.dropped == 3


async def test_the_newest_do_not_get_in_and_a_gap_stands_in_their_place() -> None:
    inbox = Inbox(2, 100, "drop_newest")
    await fill(inbox, "a", "b", "c", "d")
    assert (await inbox.get()).text == "a"
    await fill(inbox, "e", "f")
    assert await read(inbox) == ["b", slow(2), "e", slow(1)]


async def test_gaps_in_a_row_become_one_that_has_both() -> None:
    inbox = Inbox(2, 100, "drop_oldest")
    await fill(inbox, "a")
    inbox.gap(LOST)
    await fill(inbox, "b")
    inbox.gap(LOST)
    inbox.gap(LOST)
    await fill(inbox, "c", "d")
    assert await read(inbox) == [Gap(GapReason.SLOW_READER, seconds=6, dropped=2), "c", "d"]
    assert inbox.gaps == 3


async def test_gaps_never_pile_up() -> None:
    inbox = Inbox(5, 100, "drop_oldest")
    for _ in range(1000):
        inbox.gap(LOST)
        await fill(inbox, "x")
    assert len(inbox) <= 11


async def test_bytes_are_bounded_and_one_large_message_is_taken() -> None:
    inbox = Inbox(100, 10, "drop_newest")
    await fill(inbox, "x" * 50, "y")
    assert await read(inbox) == ["x" * 50, slow(1)]
    await fill(inbox, "x" * 6, "y" * 6, "z" * 4)
    assert await read(inbox) == ["x" * 6, slow(1), "z" * 4]


async def test_waiting_holds_up_who_puts() -> None:
    inbox = Inbox(1, 100, "wait")
    await fill(inbox, "a")
    putting = asyncio.create_task(fill(inbox, "b"))
    await asyncio.sleep(0.01)
    assert not putting.done()
    assert await read(inbox) == ["a"]
    await putting
    assert await read(inbox) == ["b"]


async def test_waiting_ends_with_the_inbox() -> None:
    inbox = Inbox(1, 100, "wait")
    await fill(inbox, "a")
    putting = asyncio.create_task(fill(inbox, "b"))
    await asyncio.sleep(0)
    inbox.end(at_once=True)
    await putting
    assert await inbox.get() is None


async def test_a_slow_reader_gets_what_waits_and_then_the_error() -> None:
    inbox = Inbox(2, 100, "close")
    await fill(inbox, "a", "b", "c")
    assert await read(inbox) == ["a", "b"]
    for _ in range(2):
        with pytest.raises(SlowReaderError, match="2 events wait"):
            await inbox.get()


async def test_several_readers_share_what_comes() -> None:
    inbox = Inbox(9, 100, "close")
    readers = [asyncio.create_task(inbox.get()) for _ in range(3)]
    await asyncio.sleep(0)
    await fill(inbox, "a", "b")
    inbox.end()
    events = await asyncio.gather(*readers)
    assert sorted(event.text if event else "" for event in events) == ["", "a", "b"]
