"""Which failure becomes which error, and when another node is tried."""

import asyncio

import aiohttp.web
import pytest

from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import (
    AccessDenied,
    NoLeader,
    TooLarge,
    Unavailable,
    UnknownOutcome,
)
from debros.rqlite.health import wait_ready
from debros.rqlite.types import Credentials, ExecResult, Statement

INSERT = Statement("INSERT INTO t VALUES (?)", [1])
SELECT = Statement("SELECT 1")
OK = {"rows_affected": 1, "last_insert_id": 5}


async def drop(request):
    """Close the connection without an answer."""
    request.transport.close()
    return aiohttp.web.Response()


async def hang(_request):
    await asyncio.Event().wait()


@pytest.mark.parametrize("writes", [True, False])
async def test_a_dead_node_is_passed_over(fake, dead_url, writes):
    fake.answer = {"results": [OK if writes else {}]}
    async with RqliteClient([dead_url, fake.url]) as client:
        await (client.execute(INSERT) if writes else client.query(SELECT))
    assert len(fake.requests) == 1


async def test_all_nodes_dead(dead_url):
    async with RqliteClient([dead_url]) as client:
        with pytest.raises(Unavailable, match=r"cannot connect to rqlite at 127\.0\.0\.1:"):
            await client.execute(INSERT)
        assert not await client.ready()
        with pytest.raises(Unavailable, match=r"not ready within 0\.1 s"):
            await wait_ready(client, 0.1)


async def test_a_node_without_leader_is_passed_over_and_the_next_preferred(fake, other):
    fake.answer = (503, b"leader not found\n")
    other.answer = {"results": [OK]}
    async with RqliteClient([fake.url, other.url]) as client:
        await client.execute(INSERT)
        await client.execute(INSERT)
    assert (len(fake.requests), len(other.requests)) == (1, 2)


async def test_no_leader_anywhere_says_so_even_if_a_node_is_dead(fake, dead_url):
    fake.answer = {"results": [], "error": "not leader"}
    async with RqliteClient([dead_url, fake.url]) as client:
        with pytest.raises(NoLeader):
            await client.execute(INSERT)


@pytest.mark.parametrize(
    "answer", [drop, (500, b"boom"), {"results": [], "error": "leadership lost while committing log"}]
)
async def test_a_write_whose_answer_is_lost_is_never_repeated(fake, other, answer):
    fake.answer = answer
    other.answer = {"results": [OK]}
    async with RqliteClient([fake.url, other.url]) as client:
        with pytest.raises(UnknownOutcome):
            await client.execute(INSERT)
        with pytest.raises(UnknownOutcome):
            await client.transaction([INSERT])
    assert (len(fake.requests), len(other.requests)) == (2, 0)


async def test_a_write_without_answer_in_time(fake, other):
    fake.answer = hang
    async with RqliteClient([fake.url, other.url], write_timeout=2) as client:
        with pytest.raises(UnknownOutcome, match="no answer in time after the write was sent"):
            await client.execute(INSERT)
    assert other.requests == []


async def test_a_read_may_be_asked_again_elsewhere(fake, other):
    fake.answer = drop
    other.answer = {"results": [{}]}
    async with RqliteClient([fake.url, other.url]) as client:
        await client.query(SELECT)
    assert (len(fake.requests), len(other.requests)) == (1, 1)


async def test_a_read_without_answer_in_time(fake, client):
    fake.answer = hang
    with pytest.raises(Unavailable, match="no answer in time"):
        await client.query(SELECT, timeout=0.2)


async def test_the_pool_is_bounded_and_waiting_for_it_sends_nothing(fake):
    gate = asyncio.Event()

    sent = asyncio.Event()

    async def wait(_request):
        sent.set()
        await gate.wait()
        return {"results": [OK]}

    fake.answer = wait
    async with RqliteClient([fake.url], pool_size=1) as client:
        first = asyncio.create_task(client.execute(INSERT))
        await sent.wait()
        with pytest.raises(Unavailable):
            await client.query(SELECT, timeout=0.2)
        assert len(fake.requests) == 1
        gate.set()
        assert await first == ExecResult(1, 5)


@pytest.mark.parametrize("method", ["execute", "query"])
async def test_an_answer_over_the_limit(fake, method):
    fake.answer = {"results": [{"columns": ["a"], "types": ["text"], "values": [["x" * 5000]]}]}
    async with RqliteClient([fake.url], max_response_bytes=4096) as client:
        error = UnknownOutcome if method == "execute" else TooLarge
        with pytest.raises(error, match="larger than 4096 bytes"):
            await getattr(client, method)(SELECT)
        fake.answer = {"results": [{}]}
        await getattr(client, method)(SELECT)


async def test_credentials(fake):
    fake.answer = {"results": [OK]}
    credentials = Credentials("gw", "sécret")
    assert "sécret" not in repr(credentials)
    async with RqliteClient([fake.url], credentials=credentials) as client:
        await client.execute(INSERT)
    async with RqliteClient([fake.url.replace("//", "//gw:s%C3%A9cret@")]) as client:
        await client.execute(INSERT)
    assert [headers["Authorization"] for headers in fake.headers] == ["Basic Z3c6c8OpY3JldA=="] * 2


async def test_refused_credentials(fake, client):
    fake.answer = (401, b"")
    with pytest.raises(AccessDenied):
        await client.execute(INSERT)
    with pytest.raises(AccessDenied):
        await client.ready()


async def test_passwords_in_urls_stay_out_of_messages(dead_url):
    async with RqliteClient([dead_url.replace("//", "//gw:topsecret@")]) as client:
        with pytest.raises(Unavailable) as caught:
            await client.query(SELECT)
    assert "topsecret" not in str(caught.value)
    with pytest.raises(ValueError, match="not an rqlite URL") as refused:
        RqliteClient(["ftp://gw:topsecret@host:1"])
    assert "topsecret" not in str(refused.value)


@pytest.mark.parametrize("urls", [[], ["localhost:5001"], ["http://"], ["http://h:99999"], ["http://h?x=1"], [""]])
def test_bad_urls(urls):
    with pytest.raises(ValueError, match="rqlite URL"):
        RqliteClient(urls)
