"""What each caller hears, against a scripted rqlited; tests/integration/rqlite/test_writes.py has a real one."""

import asyncio

import pytest

from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import AccessDenied, NoLeader, StatementError, Unavailable, UnknownOutcome
from debros.rqlite.types import ExecResult, Statement
from debros.rqlite.writes import Writes, group
from debros.rqlite.writes.queue import Waiting
from testkit.shared_writes import LIMITS, insert, values


async def test_what_waits_goes_out_together_and_each_gets_its_own_result(writes, held, fake, start):
    first = await start(0)
    await held.arrived.acquire()
    rest = await start(1, 2, 3)
    assert (writes.waiting, writes.waiting_bytes) == (3, 3 * len('["INSERT INTO t VALUES(?)",1]'))
    held.go.release()
    held.go.release()
    results = await asyncio.gather(*first, *rest)
    assert [result.last_insert_id for result in results] == [0, 1, 2, 3]
    assert [values(request) for request in fake.requests] == [[0], [1, 2, 3]]
    assert {path for path, _ in fake.requests} == {"/db/execute?noparse"}
    assert (writes.figures.batch_sizes.counts[:3], writes.figures.batch_sizes.total) == ([1, 0, 1], 4)
    assert writes.figures.waited > 0


async def test_one_request_is_on_its_way_at_a_time(writes, held, start):
    await start(0)
    await held.arrived.acquire()
    await start(1)
    await asyncio.sleep(0.05)
    assert held.arrived.locked()
    assert writes.waiting == 1


async def test_a_few_requests_are_on_their_way_at_once(held, fake, client):
    writes = Writes(client, LIMITS, timeout=60, at_once=2)

    async def start(*numbers):
        begun = [asyncio.ensure_future(writes.execute("a", insert(number))) for number in numbers]
        await asyncio.sleep(0.01)
        return begun

    begun = await start(0) + await start(1)
    await held.arrived.acquire()
    await held.arrived.acquire()
    begun += await start(2, 3)
    assert (writes.waiting, held.arrived.locked()) == (2, True)
    held.go.release()
    await held.arrived.acquire()
    begun += await start(4)
    assert writes.waiting == 1
    for _ in range(3):
        held.go.release()
    await asyncio.gather(*begun)
    assert sorted(values(request) for request in fake.requests) == [[0], [1], [2, 3], [4]]
    await writes.close()


async def test_a_request_that_stalls_holds_up_nobody_else(writes, held, start, monkeypatch):
    """As when a leader loses its power: the request to it has no answer, and another host leads soon."""
    monkeypatch.setattr(group, "_STALLED", 0.02)
    stuck = await start(0)
    await held.arrived.acquire()
    while writes.figures.stalled == 0:  # noqa: ASYNC110 -- nothing tells when it counts
        await asyncio.sleep(0.01)
    monkeypatch.setattr(group, "_STALLED", 60)  # of the next one
    later = await start(1)
    await held.arrived.acquire()
    assert writes.figures.stalled == 1
    held.go.release()
    held.go.release()
    await asyncio.gather(*stuck, *later)


async def test_only_so_many_stalled_requests_are_on_their_way(writes, held, start, monkeypatch):
    monkeypatch.setattr(group, "_STALLED", 0.01)
    begun = []
    for number in range(group._MOST_UNDER_WAY):
        begun += await start(number)
        await held.arrived.acquire()
    begun += await start(100)
    await asyncio.sleep(0.1)
    assert held.arrived.locked()
    assert writes.waiting == 1
    held.go.release()
    await held.arrived.acquire()
    for _ in begun:
        held.go.release()
    assert len(await asyncio.gather(*begun)) == group._MOST_UNDER_WAY + 1


async def test_at_a_stop_stalled_requests_are_waited_for_and_then_given_up(writes, held, start, monkeypatch):
    monkeypatch.setattr(group, "_STALLED", 0.01)
    begun = await start(0)
    await held.arrived.acquire()
    begun += await start(1)
    await held.arrived.acquire()
    await writes.close(0.05)
    outcomes = await asyncio.gather(*begun, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [UnknownOutcome, UnknownOutcome]


async def test_an_error_is_its_callers_alone(writes, fake):
    fake.answer = {"results": [{"rows_affected": 1}, {"error": "UNIQUE constraint failed: t.a"}, {"rows_affected": 1}]}
    one, two, three = await asyncio.gather(*(writes.execute("a", insert(n)) for n in range(3)), return_exceptions=True)
    assert one == three == ExecResult(rows_affected=1)
    assert isinstance(two, StatementError)
    assert (two.message, two.index) == ("UNIQUE constraint failed: t.a", 0)
    assert writes.figures.failed == 1


@pytest.mark.parametrize(
    ("answer", "kind", "counted"),
    [
        ((503, b"leader not found"), NoLeader, "not_applied"),
        ((401, b""), AccessDenied, "not_applied"),
        ({"results": [], "error": "not leader"}, NoLeader, "not_applied"),
        ({"results": [], "error": "leadership lost while committing log"}, UnknownOutcome, "unknown"),
        ({"results": [{"rows_affected": 1}]}, UnknownOutcome, "unknown"),
        ({"results": [{"rows_affected": 1}] * 3}, UnknownOutcome, "unknown"),
        (b"not JSON", UnknownOutcome, "unknown"),
        ((500, b"disk"), UnknownOutcome, "unknown"),
    ],
)
async def test_what_befalls_the_request_befalls_all_and_is_not_repeated(writes, fake, answer, kind, counted):
    fake.answer = answer
    errors = await asyncio.gather(*(writes.execute("a", insert(n)) for n in range(2)), return_exceptions=True)
    assert [type(error) for error in errors] == [kind, kind]
    assert errors[0] is not errors[1]
    assert len(fake.requests) == 1
    assert getattr(writes.figures, counted) == 2
    fake.answer = {"results": [{"rows_affected": 1}]}
    assert (await writes.execute("a", insert(3))).rows_affected == 1


async def test_a_request_refused_whole_is_sent_one_by_one(writes, fake):
    """Nothing was applied, and who is to blame must not take the others along."""

    def answer(_request):
        _, statements = fake.requests[-1]
        if any(values == [13] for _, *values in statements):
            return 400, b"bad number"
        return {"results": [{"rows_affected": 1} for _ in statements]}

    fake.answer = answer
    outcomes = await asyncio.gather(*(writes.execute("a", insert(n)) for n in (12, 13, 14)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ExecResult, StatementError, ExecResult]
    assert [values(request) for request in fake.requests] == [[12, 13, 14], [12], [13], [14]]


async def test_what_cannot_be_sent_never_reaches_a_batch(writes, fake):
    for bad in (2**64, float("nan"), "\ud800"):
        with pytest.raises(StatementError):
            await writes.execute("a", insert(bad))
    with pytest.raises(StatementError):
        await writes.execute("a", Statement("INSERT INTO t VALUES(1); DELETE FROM t", verbatim=True))
    assert fake.requests == []


@pytest.mark.parametrize(
    "statement",
    [
        Statement("INSERT INTO t VALUES(1) RETURNING a", verbatim=True),
        Statement("INSERT INTO t VALUES(random())"),
        Statement("CREATE TABLE u(a)", verbatim=True),
        Statement("VACUUM", verbatim=True),
        Statement("SELECT 1", verbatim=True),
    ],
)
async def test_what_may_not_share_a_request_is_a_mistake_of_ours(writes, statement):
    with pytest.raises(ValueError, match="share a request"):
        await writes.execute("a", statement)


@pytest.mark.parametrize("sql", ["PRAGMA foreign_keys = ON", "BEGIN", "ATTACH 'x' AS y", "SAVEPOINT s"])
async def test_what_would_stay_on_the_connection_is_never_sent(writes, fake, sql):
    with pytest.raises((StatementError, ValueError)):
        await writes.execute("a", Statement(sql, verbatim=True))
    assert fake.requests == []


async def test_a_defect_of_ours_leaves_nobody_waiting(writes, client, monkeypatch, fake):
    async def broken(_entries, _count):
        raise ZeroDivisionError

    monkeypatch.setattr(client, "execute_shared", broken)
    with pytest.raises(UnknownOutcome):
        await writes.execute("a", insert(1))
    monkeypatch.undo()
    fake.answer = {"results": [{"rows_affected": 1}]}
    await writes.execute("a", insert(2))


async def test_switched_off_every_write_goes_at_once(client, held, fake):
    writes = Writes(client, LIMITS, timeout=60, grouped=False)
    tasks = [asyncio.ensure_future(writes.execute("a", insert(n))) for n in range(3)]
    for _ in tasks:
        await held.arrived.acquire()
    assert writes.figures.alone == 3
    for _ in tasks:
        held.go.release()
    await asyncio.gather(*tasks)
    assert sorted(values(request)[0] for request in fake.requests) == [0, 1, 2]
    await writes.close()


async def test_without_a_database_each_hears_so_and_nothing_lingers(dead_url):
    async with RqliteClient([dead_url]) as client:
        writes = Writes(client, LIMITS, timeout=60, at_once=1)
        errors = await asyncio.gather(*(writes.execute("a", insert(n)) for n in range(3)), return_exceptions=True)
        assert [type(error) for error in errors] == [Unavailable] * 3
        assert writes.waiting == 0
        await writes.close()


async def test_a_waiting_write_is_itself_only():
    """The queue finds writes by identity: two equal ones are different."""
    loop = asyncio.get_running_loop()
    one, two = (Waiting("a", b"x", 1, 0.0, loop.create_future()) for _ in range(2))
    assert one != two
