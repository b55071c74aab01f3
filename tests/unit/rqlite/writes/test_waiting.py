"""Writes that wait: who leaves, who is refused, and what a stop does; see test_group.py."""

import asyncio

import pytest

from debros.rqlite.errors import Busy, CallerGone, Unavailable, UnknownOutcome
from debros.rqlite.writes import Departure, Writes, group
from testkit.shared_writes import LIMITS, insert, values


async def test_who_is_cancelled_while_waiting_leaves(writes, held, fake, start):
    (first,) = await start(0)
    await held.arrived.acquire()
    gone, stays = await start(1, 2)
    gone.cancel()
    await asyncio.wait([gone])
    assert writes.waiting == 1
    held.go.release()
    held.go.release()
    assert (await stays).last_insert_id == 2
    assert (await first).last_insert_id == 0
    assert [values(request) for request in fake.requests] == [[0], [2]]
    assert writes.figures.left == 1


async def test_who_is_cancelled_in_flight_harms_nobody(writes, held, fake, start):
    first, second = await start(0, 1)
    await held.arrived.acquire()
    first.cancel()
    await asyncio.wait([first])
    held.go.release()
    assert (await second).last_insert_id == 1
    assert [values(request) for request in fake.requests] == [[0, 1]]
    assert writes.figures.left == 0


async def test_a_caller_that_goes_away_takes_back_what_waits_and_nothing_else(writes, held, fake, start):
    early, late = Departure(), Departure()
    (sent,) = await start(0, departure=early)
    await held.arrived.acquire()
    (waits,) = await start(1, departure=late)
    early.note()
    late.note()
    held.go.release()
    assert (await sent).last_insert_id == 0
    with pytest.raises(CallerGone):
        await waits
    with pytest.raises(CallerGone):
        await writes.execute("a", insert(2), late)
    assert [values(request) for request in fake.requests] == [[0]]
    late.note()  # nobody listens any more


async def test_a_write_that_waits_too_long_is_not_sent(client, held, fake, monkeypatch):
    monkeypatch.setattr(group, "_STALLED", 60)  # else what waits is sent after a second, whoever is held
    writes = Writes(client, LIMITS, timeout=0.05, at_once=1)
    first = asyncio.ensure_future(writes.execute("a", insert(0)))
    await held.arrived.acquire()
    for number in (1, 2):  # the second after the sweeper has been at work
        with pytest.raises(Busy) as error:
            await writes.execute("a", insert(number))
        assert not error.value.own
    held.go.release()
    assert (await first).last_insert_id == 0
    assert writes.figures.expired == 2
    await writes.close()
    assert [values(request) for request in fake.requests] == [[0]]


async def test_the_queue_is_bounded(writes, held, start):
    await start(0)
    await held.arrived.acquire()
    await start(*range(1, 51))
    with pytest.raises(Busy) as error:
        await writes.execute("a", insert(51))
    assert error.value.own
    await start(*range(50), namespace="b")
    with pytest.raises(Busy) as error:
        await writes.execute("c", insert(1))
    assert not error.value.own
    assert (writes.figures.refused_own, writes.figures.refused_full) == (1, 1)
    held.go.release()


async def test_closing_sends_what_waits(writes, held, start):
    first = await start(0)
    await held.arrived.acquire()
    rest = await start(1, 2)
    closing = asyncio.ensure_future(writes.close(60))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await writes.execute("a", insert(3))
    held.go.release()
    held.go.release()
    await closing
    assert [result.last_insert_id for result in await asyncio.gather(*first, *rest)] == [0, 1, 2]


async def test_closing_in_a_hurry_tells_everybody(writes, held, start):
    (sent,) = await start(0)
    await held.arrived.acquire()
    (waits,) = await start(1)
    await writes.close(0)
    with pytest.raises(UnknownOutcome):
        await sent
    with pytest.raises(Unavailable):
        await waits
    await writes.close()
