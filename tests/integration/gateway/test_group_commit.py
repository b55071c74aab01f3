"""Writes of many callers in shared requests: each hears what a database of its own would have said."""

import asyncio
import contextlib
import socket
from collections import Counter

import orjson
import pytest

from debros.rqlite.errors import CallerGone, Unavailable
from debros.rqlite.writes import Departure
from debros.rqlite.writes.group import AT_ONCE
from testkit.callers import Caller

CALLERS = 12


@pytest.mark.parametrize(
    ("seed", "settings", "at_once"),
    [
        (1, {}, 1),
        (2, {}, AT_ONCE),
        (3, {"batch": 3}, 1),
        (4, {"batch_bytes": 400}, 1),
        (5, {"group_commit": False}, 1),
        (6, {"batch": 3}, AT_ONCE),
    ],
)
async def test_each_caller_hears_what_it_would_have_heard_alone(
    make_gateway, name, monkeypatch, seed, settings, at_once
) -> None:
    gateway = await make_gateway(writes=settings)
    monkeypatch.setattr(gateway.services.writes, "_at_once", at_once)
    namespaces = [f"group{number}" for number in range(3)]
    await gateway.services.tenants.ensure(namespaces)
    lock = asyncio.Lock()
    callers = [
        Caller(gateway, namespaces[number % 3], f"{name}_{number}", 1000 * seed + number, lock)
        for number in range(CALLERS)
    ]
    for caller in callers:
        await caller.create()
    for caller in callers:
        await caller.contents()  # has the schema remembered, so that a write is in the queue as soon as it begins
    figures = gateway.services.writes.figures
    async with asyncio.TaskGroup() as group:
        for caller in callers:
            group.create_task(caller.live())
    for caller in callers:
        assert await caller.contents() == caller.alone.contents(), caller.table
    if settings.get("group_commit", True):
        assert sum(caller.taken_back for caller in callers) == figures.left > 0
        shared, all_ = sum(figures.batch_sizes.counts[1:]), sum(figures.batch_sizes.counts)
        assert at_once > 1 or 4 * shared > all_, "they were hardly ever shared"
        assert figures.unknown == figures.not_applied == 0
    assert gateway.services.writes.waiting == gateway.services.writes.waiting_bytes == 0


async def test_of_two_that_want_the_same_one_gets_it(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
    body = [{"sql": f"INSERT INTO {name}(name) VALUES(?)", "args": [str(n % 40)]} for n in range(80)]
    answers = await asyncio.gather(*(gateway.http.post("/v1/rqlite/exec", json=each) for each in body))
    won = [answer for answer in answers if answer.status_code == 200]
    lost = [answer.json() for answer in answers if answer.status_code == 400]
    assert (len(won), len(lost)) == (40, 40)
    assert {answer["error"] for answer in lost} == {f"UNIQUE constraint failed: {name}.name"}
    taken = dict(await gateway.rows(f"SELECT name, id FROM {name}"))
    for answer in won:
        sent = orjson.loads(answer.request.content)["args"][0]
        assert answer.json()["last_insert_id"] == taken[sent]


async def test_a_database_that_goes_and_comes_back(make_gateway, make_rqlited, name, eventually) -> None:
    rqlited = make_rqlited()
    gateway = await make_gateway(rqlite_dsn=rqlited.url)
    await gateway.sql(f"CREATE TABLE {name}(a)")
    body = {"sql": f"INSERT INTO {name} VALUES(1)"}
    rqlited.stop()
    answers = await asyncio.gather(*(gateway.http.post("/v1/rqlite/exec", json=body) for _ in range(20)))
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "database_unavailable")}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
    rqlited.start()

    async def writes() -> bool:
        return (await gateway.http.post("/v1/rqlite/exec", json=body)).status_code == 200

    await eventually(writes)
    assert await gateway.rows(f"SELECT count(*) FROM {name}") == [[1]]


async def test_writes_that_were_sent_when_the_database_died_are_not_sent_again(
    make_gateway, make_rqlited, name, eventually
) -> None:
    rqlited = make_rqlited()
    gateway = await make_gateway(rqlite_dsn=rqlited.url)
    await gateway.sql(f"CREATE TABLE {name}(caller, n)")
    heard: dict[tuple[int, int], str] = {}

    async def call(caller: int) -> None:
        for n in range(60):
            body = {"sql": f"INSERT INTO {name} VALUES(?, ?)", "args": [caller, n]}
            answer = await gateway.http.post("/v1/rqlite/exec", json=body)
            heard[caller, n] = answer.json().get("code", "ok")
            await asyncio.sleep(0.01)

    async def kill() -> None:
        await eventually(lambda: len(heard) > 100)
        rqlited.process.kill()
        rqlited.process.wait()
        rqlited.start()

    await asyncio.gather(kill(), *(call(caller) for caller in range(16)))

    # rqlite answers reads before it has applied all of its log again; once a write is applied, all before it are.
    async def written() -> bool:
        answer = await gateway.http.post("/v1/rqlite/exec", json={"sql": f"DELETE FROM {name} WHERE n < 0"})
        return answer.status_code == 200

    await eventually(written)
    rows = await gateway.http.post("/v1/rqlite/query", json={"sql": f"SELECT caller, n FROM {name}"})
    applied = Counter((caller, n) for caller, n in rows.json()["rows"])
    assert set(heard.values()) <= {"ok", "database_unavailable", "no_leader", "outcome_unknown"}
    assert set(applied.values()) == {1}, "a write was repeated"
    for write, code in heard.items():
        if code == "ok":
            assert write in applied, "an acknowledged write is gone"
        elif code != "outcome_unknown":
            assert write not in applied, f"{code} says that nothing was applied"


class Slow:
    """Holds requests of shared writes back until told otherwise: the real client behind a gate.

    One is on its way at a time, so that it is known which write waits.
    """

    def __init__(self, gateway, monkeypatch) -> None:
        self.go = asyncio.Event()
        self.arrived = asyncio.Event()
        client = gateway.services.rqlite
        real = client.execute_shared

        async def held(entries, count):
            self.arrived.set()
            await self.go.wait()
            return await real(entries, count)

        monkeypatch.setattr(client, "execute_shared", held)
        monkeypatch.setattr(gateway.services.writes, "_at_once", 1)


async def test_a_full_queue(make_gateway, name, other_key, monkeypatch, eventually) -> None:
    gateway = await make_gateway(writes={"waiting": 4, "namespace_share": 50})
    await gateway.sql(f"CREATE TABLE {name}(a)")
    theirs = {"X-API-Key": other_key}
    await gateway.http.post("/v1/rqlite/exec", json={"sql": f"CREATE TABLE {name}(a)"}, headers=theirs)
    slow = Slow(gateway, monkeypatch)

    def send(n: int, headers=None) -> asyncio.Task:
        body = {"sql": f"INSERT INTO {name} VALUES(?)", "args": [n]}
        return asyncio.create_task(gateway.http.post("/v1/rqlite/exec", json=body, headers=headers))

    tasks = [send(0)]
    await slow.arrived.wait()
    writes = gateway.services.writes
    for n in (1, 2):
        tasks.append(send(n))
        await eventually(lambda n=n: writes.waiting == n)
    refused = await send(3)
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
        429,
        "too_many_writes",
        "1",
    )
    for n in (1, 2):
        tasks.append(send(n, theirs))
        await eventually(lambda n=n: writes.waiting == 2 + n)
    await gateway.services.tenants.ensure(["third"])
    third = gateway.services.tenants.database("third")
    await third.create("CREATE TABLE t(a)")  # goes alone, past the queue
    with pytest.raises(Exception, match="too many writes are waiting"):
        await third.execute("INSERT INTO t VALUES(1)")
    slow.go.set()
    assert [(await task).status_code for task in tasks] == [200] * 5
    assert await gateway.rows(f"SELECT a FROM {name} ORDER BY a") == [[0], [1], [2]]
    assert (writes.figures.refused_own, writes.figures.refused_full) == (1, 1)


async def test_a_client_that_hangs_up_while_its_write_waits(gateway, name, monkeypatch, eventually) -> None:
    await gateway.sql(f"CREATE TABLE {name}(a)")
    slow = Slow(gateway, monkeypatch)
    writes = gateway.services.writes

    def connect(n: int) -> socket.socket:
        body = orjson.dumps({"sql": f"INSERT INTO {name} VALUES(?)", "args": [n]})
        key = gateway.http.headers["X-API-Key"]
        head = f"POST /v1/rqlite/exec HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection = socket.create_connection(("127.0.0.1", gateway.port))
        connection.sendall(head.encode() + body)
        return connection

    with contextlib.closing(connect(0)) as sent:
        await slow.arrived.wait()
        with contextlib.closing(connect(1)):
            await eventually(lambda: writes.waiting == 1)
        await eventually(lambda: writes.waiting == 0)
        assert writes.figures.left == 1
        sent.close()  # this one is on its way
    slow.go.set()
    await eventually(lambda: writes.figures.batch_sizes.total == 1)
    await gateway.sql(f"INSERT INTO {name} VALUES(2)")
    assert await gateway.rows(f"SELECT a FROM {name} ORDER BY a") == [[0], [2]]


async def test_stopping_finishes_what_waits(make_gateway, name, monkeypatch, eventually) -> None:
    gateway = await make_gateway()
    await gateway.sql(f"CREATE TABLE {name}(a)")
    slow = Slow(gateway, monkeypatch)
    body = {"sql": f"INSERT INTO {name} VALUES(1)"}
    tasks = [asyncio.create_task(gateway.http.post("/v1/rqlite/exec", json=body))]
    await slow.arrived.wait()
    tasks += [asyncio.create_task(gateway.http.post("/v1/rqlite/exec", json=body)) for _ in range(9)]
    await eventually(lambda: gateway.services.writes.waiting == 9)
    gateway.server.should_exit = True
    await eventually(lambda: gateway.server._state.stopping)
    slow.go.set()
    assert [(await task).status_code for task in tasks] == [200] * 10
    again = await make_gateway()
    assert await again.rows(f"SELECT count(*) FROM {name}") == [[10]]


async def test_the_database_is_not_left_before_what_waits_is_written(make_gateway, name, monkeypatch) -> None:
    """What no HTTP request waits for either: the server has nobody to wait for, so the end of the process must."""
    gateway = await make_gateway()
    await gateway.sql(f"CREATE TABLE {name}(a)")
    slow = Slow(gateway, monkeypatch)
    writes, database = gateway.services.writes, gateway.services.tenants.database("default")
    insert = f"INSERT INTO {name} VALUES(1)"
    tasks = [asyncio.ensure_future(database.execute(insert)) for _ in range(3)]
    await slow.arrived.wait()
    gateway.server.should_exit = True
    async with asyncio.timeout(60):
        while not tasks[-1].done():  # until it takes no more
            tasks.append(asyncio.ensure_future(database.execute(insert)))
            await asyncio.sleep(0.02)
    with pytest.raises(Unavailable):
        await tasks.pop()
    slow.go.set()
    assert [(await task).rows_affected for task in tasks] == [1] * len(tasks)
    assert writes.waiting == 0


async def test_a_caller_that_is_gone_already_is_not_written_for(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(a)")
    departure = Departure()
    departure.note()
    with pytest.raises(CallerGone):
        await gateway.services.tenants.database("default").execute(f"INSERT INTO {name} VALUES(1)", (), departure)
    assert await gateway.rows(f"SELECT * FROM {name}") == []
