import asyncio

import pytest

from debros.rqlite.errors import Busy
from debros.rqlite.writes.queue import FairQueue, QueueLimits, Waiting

LIMITS = QueueLimits(batch=8, batch_bytes=1000, waiting=100, waiting_bytes=10_000_000, share=50)
_CREDIT = 16_384


@pytest.fixture
async def write():
    """Make waiting writes; their entries are told apart by their text."""
    loop = asyncio.get_running_loop()

    def make(namespace, text="x", since=0.0):
        return Waiting(namespace, text.encode(), 1, since, loop.create_future())

    return make


def queue_of(*waiting, limits=LIMITS):
    queue = FairQueue(limits)
    for each in waiting:
        queue.put(each)
    return queue


def names(batch):
    return [waiting.namespace for waiting in batch]


def texts(batch):
    return [waiting.entry.decode() for waiting in batch]


async def test_one_namespace_is_served_in_order(write):
    queue = queue_of(*(write("a", str(number)) for number in range(20)))
    assert (queue.count, queue.size) == (20, 10 + 20)
    assert texts(queue.take()) == [str(number) for number in range(8)]
    assert texts(queue.take()) == [str(number) for number in range(8, 16)]
    assert texts(queue.take()) == ["16", "17", "18", "19"]
    assert queue.take() == []
    assert (queue.count, queue.size, queue.oldest()) == (0, 0, None)


async def test_a_single_write_is_in_the_next_batch_whatever_others_have_waiting(write):
    limits = QueueLimits(batch=8, batch_bytes=1000, waiting=10_000, waiting_bytes=10_000_000, share=50)
    queue = queue_of(*(write("hog", str(number)) for number in range(1000)), limits=limits)
    queue.take()
    queue.put(write("small"))
    assert "small" in names(queue.take())


async def test_namespaces_take_turns_across_batches(write):
    queue = queue_of(*(write(namespace) for _ in range(9) for namespace in "abc"))
    assert names(queue.take()) == list("abcabcab")
    assert names(queue.take()) == list("cabcabca")


async def test_large_writes_wait_for_small_ones_of_others(write):
    """What is ten times as large comes a tenth as often."""
    limits = QueueLimits(batch=1000, batch_bytes=10_000_000, waiting=1000, waiting_bytes=100_000_000, share=100)
    large = [write("large", "x" * _CREDIT * 9) for _ in range(3)]
    small = [write("small", str(number)) for number in range(40)]
    queue = queue_of(*large, *small, limits=limits)
    order = names(queue.take())
    assert order.index("large") == 9
    assert order[:21].count("large") == 2
    assert len(order) == 43


async def test_a_statement_larger_than_a_batch_goes_by_itself(write):
    queue = queue_of(write("a", "first"), write("a", "x" * 5000), write("a", "last"))
    assert texts(queue.take()) == ["first"]
    assert [len(waiting.entry) for waiting in queue.take()] == [5000]
    assert texts(queue.take()) == ["last"]


async def test_a_batch_is_bounded_in_bytes(write):
    queue = queue_of(*(write("a", "x" * 300) for _ in range(5)))
    assert [len(queue.take()) for _ in range(2)] == [3, 2]


async def test_a_namespace_that_fills_its_share_is_refused_and_others_are_not(write):
    queue = queue_of(*(write("a") for _ in range(50)))
    with pytest.raises(Busy) as refused:
        queue.put(write("a"))
    assert refused.value.own
    for _ in range(50):
        queue.put(write("b"))
    with pytest.raises(Busy) as refused:
        queue.put(write("c"))
    assert not refused.value.own
    queue.take()
    queue.put(write("c"))
    assert queue.count == 100 - 8 + 1


async def test_bytes_are_bounded_too_but_one_may_always_wait(write):
    limits = QueueLimits(batch=8, batch_bytes=1000, waiting=100, waiting_bytes=1000, share=50)
    queue = queue_of(write("a", "x" * 5000), limits=limits)
    with pytest.raises(Busy) as refused:
        queue.put(write("a"))
    assert refused.value.own
    with pytest.raises(Busy) as refused:
        queue.put(write("b"))
    assert not refused.value.own
    assert len(queue.take()) == 1
    queue.put(write("a", "x" * 500))
    with pytest.raises(Busy):
        queue.put(write("a"))
    queue.put(write("b", "x" * 500))
    assert (queue.count, queue.size) == (2, 1000)


async def test_what_is_taken_back_leaves_no_trace(write):
    mine, others = write("a", "mine"), write("a", "others")
    queue = queue_of(mine, others, write("b", "b"))
    assert queue.remove(mine)
    assert not queue.remove(mine)
    assert (queue.count, queue.size) == (2, 7)
    assert texts(queue.take()) == ["others", "b"]
    assert not queue.remove(others)


async def test_what_has_waited_too_long_is_found(write):
    queue = queue_of(write("a", "a1", 1.0), write("b", "b2", 2.0), write("a", "a3", 3.0), write("b", "b4", 4.0))
    assert queue.oldest() == 1.0
    assert texts(queue.older_than(2.0)) == ["a1", "b2"]
    assert queue.oldest() == 3.0
    assert texts(queue.take()) == ["a3", "b4"]
