"""Lost requests, lost answers, gateways that are away: what is repeated, what is not, and what is said."""

import asyncio

import pytest

from debros.client import (
    ClosedError,
    NetworkClient,
    NoAnswerError,
    OutcomeUnknownError,
    UnavailableError,
    UnexpectedAnswerError,
    UnreachableError,
)
from testkit.ports import free_port
from testkit.wire import Wire


def nobody() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
async def table(client, name):
    await client.database.create_table(f"CREATE TABLE {name}(n)")
    return name


async def count(client, table) -> int:
    return (await client.database.query(f"SELECT count(*) FROM {table}", level="strong")).scalar()


async def test_the_next_gateway_is_asked_and_then_kept(gateway, connect) -> None:
    client = connect(nobody(), nobody(), gateway)
    assert await client.storage.exists("x") is False
    assert client.endpoint == gateway.url
    assert await client.storage.exists("x") is False


async def test_a_write_goes_to_the_next_gateway_when_nothing_was_sent(gateway, connect, client, table) -> None:
    away = connect(nobody(), gateway)
    await away.database.exec(f"INSERT INTO {table} VALUES (1)", idempotency=False)
    assert await count(client, table) == 1


async def test_nobody_there(connect) -> None:
    url = nobody()
    client = connect(url, repeats=1)
    with pytest.raises(UnreachableError, match="it refuses connections; is it running") as error:
        await client.storage.exists("x")
    assert (error.value.endpoint, error.value.status, error.value.code) == (url, None, "unreachable")


async def test_a_lost_answer_of_a_keyed_write_is_asked_for_again(gateway, connect, client, table) -> None:
    async with Wire(gateway.port, b"INSERT").serve() as wire:
        lossy = connect(wire.url, gateway)
        wire.lose_answer = True
        made = await lossy.database.exec(f"INSERT INTO {table} VALUES (1)")
        assert wire.lost.is_set()
        assert made.rows_affected == 1
        await lossy.close()
    assert await count(client, table) == 1


async def test_a_lost_request_of_a_keyed_write_is_made_all_the_same(gateway, connect, client, table) -> None:
    async with Wire(gateway.port, b"INSERT").serve() as wire:
        lossy = connect(wire.url, gateway)
        wire.lose_request = True
        assert (await lossy.database.exec(f"INSERT INTO {table} VALUES (1)")).rows_affected == 1
        await lossy.close()
    assert await count(client, table) == 1


@pytest.mark.parametrize("lost", ["request", "answer"])
async def test_a_write_without_a_key_is_never_repeated(gateway, connect, client, table, lost) -> None:
    async with Wire(gateway.port, b"INSERT").serve() as wire:
        lossy = connect(wire.url, gateway)
        wire.lose_answer, wire.lose_request = lost == "answer", lost == "request"
        with pytest.raises(OutcomeUnknownError, match="look whether it was made") as error:
            await lossy.database.exec(f"INSERT INTO {table} VALUES (1)", idempotency=False)
        assert error.value.request_id
        await lossy.close()
    assert await count(client, table) == (1 if lost == "answer" else 0)


async def test_a_lost_answer_of_a_read_is_asked_for_again(gateway, connect, table) -> None:
    async with Wire(gateway.port, table.encode()).serve() as wire:
        lossy = connect(wire.url, gateway)
        wire.lose_answer = True
        assert await count(lossy, table) == 0
        assert wire.lost.is_set()
        await lossy.close()


async def test_no_answer_in_time(gateway, connect, table) -> None:
    async with Wire(gateway.port, table.encode()).serve() as wire:
        wire.hold_answer = True
        slow = connect(wire.url, auth=gateway.http.headers["X-API-Key"], timeout=0.3)
        with pytest.raises(NoAnswerError, match="no answer within"):
            await count(slow, table)
        with pytest.raises(OutcomeUnknownError):
            await slow.database.exec(f"INSERT INTO {table} VALUES (1)", idempotency=False, timeout=0.2)
        await slow.close()


async def test_a_gateway_that_does_not_answer_is_left_for_the_next(gateway, connect, table, monkeypatch) -> None:
    monkeypatch.setattr("debros.client.calls.attempts.LONGEST", 0.2)
    async with Wire(gateway.port, table.encode()).serve() as wire:
        wire.hold_answer = True
        client = connect(wire.url, gateway)
        assert await count(client, table) == 0
        assert client.endpoint == gateway.url
        await client.close()


async def test_a_database_without_a_leader(make_gateway, leaderless, connect) -> None:
    gateway = await make_gateway(rqlite_dsn=leaderless.url, wait=False)
    with pytest.raises(UnavailableError) as error:
        await connect(gateway, repeats=1).storage.put("x", "y", idempotency=False)
    assert error.value.code in {"no_leader", "starting", "database_unavailable"}
    assert error.value.retry_after is not None


async def test_a_restarted_database_is_waited_for(make_rqlited, make_gateway, connect) -> None:
    rqlited = make_rqlited()
    client = connect(await make_gateway(rqlite_dsn=rqlited.url), repeats=100)
    await client.storage.put("x", "1")
    rqlited.stop()
    write = asyncio.create_task(client.storage.put("x", "2", timeout=120))
    await asyncio.sleep(0.5)
    rqlited.start()
    await write
    assert await client.storage.get("x", timeout=120) == b"2"


async def test_two_calls_with_one_key_at_once_are_one(client, table) -> None:
    async def insert() -> int:
        return (await client.database.exec(f"INSERT INTO {table} VALUES (1)", idempotency=table)).rows_affected

    assert await asyncio.gather(*(insert() for _ in range(5))) == [1] * 5
    assert await count(client, table) == 1


async def test_a_port_that_speaks_no_http(rqlited, connect) -> None:
    with pytest.raises((NoAnswerError, UnexpectedAnswerError)):
        await connect(f"http://127.0.0.1:{rqlited.raft}", repeats=0, timeout=5).storage.exists("x")


async def test_another_service_is_no_gateway(rqlited, connect) -> None:
    with pytest.raises(UnexpectedAnswerError, match="not as a gateway does; check the endpoint") as error:
        await connect(rqlited.url).storage.exists("x")
    assert error.value.status == 404


async def test_a_closed_client_says_so(gateway) -> None:
    async with NetworkClient(gateway.url, auth=gateway.http.headers["X-API-Key"]) as client:
        await client.storage.exists("x")
        before = asyncio.all_tasks()
    with pytest.raises(ClosedError, match="the client is closed"):
        await client.storage.exists("x")
    await client.close()
    assert asyncio.all_tasks() <= before
