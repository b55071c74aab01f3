"""What the client sends where, and what it makes of the answers."""

import subprocess
import sys

import pytest

from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import (
    ProtocolError,
    StatementError,
)
from debros.rqlite.health import wait_ready
from debros.rqlite.types import ExecResult, Level, Statement

INSERT = Statement("INSERT INTO t VALUES (?)", [1])
SELECT = Statement("SELECT 1")
OK = {"rows_affected": 1, "last_insert_id": 5}


async def test_execute(fake, client):
    fake.answer = {"results": [OK]}
    assert await client.execute(INSERT) == ExecResult(rows_affected=1, last_insert_id=5)
    assert fake.requests == [("/db/execute?noparse", [["INSERT INTO t VALUES (?)", 1]])]


async def test_rqlite_parses_what_it_must_freeze(fake, client):
    fake.answer = {"results": [OK]}
    await client.execute(Statement("INSERT INTO t VALUES (random())"))
    assert fake.requests[0][0] == "/db/execute"


async def test_one_bad_statement_does_not_spoil_its_neighbours(fake, client):
    fake.answer = {"results": [OK, {"error": "no such table: x"}]}
    results = await client.execute_many([INSERT, Statement("-- c"), Statement("INSERT INTO x VALUES (1)")])
    assert fake.requests[0][1] == [["INSERT INTO t VALUES (?)", 1], ["INSERT INTO x VALUES (1)"]]
    assert results[0] == ExecResult(1, 5)
    assert [(error.message, error.index) for error in results[1:]] == [
        ("line 1: empty statement", 1),
        ("no such table: x", 2),
    ]


async def test_nothing_to_do_sends_nothing(fake, client):
    assert await client.execute_many([]) == []
    assert await client.transaction([]) == []
    assert await client.query_many([]) == []
    with pytest.raises(StatementError):
        await client.execute(Statement(";"))
    assert fake.requests == []


async def test_transaction(fake, client):
    fake.answer = {"results": [OK, OK]}
    assert await client.transaction([INSERT, INSERT]) == [ExecResult(1, 5)] * 2
    assert fake.requests[0][0] == "/db/execute?transaction&noparse"
    fake.answer = {"results": [OK, {"error": "boom"}]}
    with pytest.raises(StatementError, match="boom") as caught:
        await client.transaction([INSERT, INSERT, INSERT])
    assert caught.value.index == 1


@pytest.mark.parametrize(
    ("version", "allowed"), [("8", False), ("v9.4.1", False), ("v9.4.2", True), ("unknown", False)]
)
async def test_returning_in_a_transaction_needs_a_server_that_rolls_it_back(fake, client, version, allowed):
    fake.version = version
    fake.answer = {"results": [OK, OK]}
    statements = [INSERT, Statement("INSERT INTO t VALUES (1) RETURNING a")]
    if allowed:
        await client.transaction(statements)
        assert fake.requests[-1][0] == "/db/execute?transaction"
    else:
        with pytest.raises(StatementError, match=r"9\.4\.2") as caught:
            await client.transaction(statements)
        assert caught.value.index == 1
    assert fake.requests[0][0] == "/readyz?noleader"


async def test_query(fake, client):
    fake.answer = {"results": [{"columns": ["1"], "types": ["integer"], "values": [[1]]}]}
    assert (await client.query(SELECT, timeout=2)).values == [[1]]
    assert fake.requests == [("/db/query?level=weak&db_timeout=1900ms", [["SELECT 1"]])]


@pytest.mark.parametrize(("version", "level"), [("8", "strong"), ("v8.31.9", "strong"), ("v8.32.0", "linearizable")])
async def test_linearizable_never_becomes_weaker(fake, client, version, level):
    fake.version = version
    fake.answer = {"results": [{}]}
    await client.query(SELECT, Level.LINEARIZABLE)
    assert fake.requests[-1][0].startswith(f"/db/query?level={level}&")


async def test_the_oldest_of_several_nodes_decides(fake, other):
    other.version = "v9.4.1"
    for server in (fake, other):
        server.answer = {"results": [OK]}
    async with RqliteClient([fake.url, other.url]) as client:
        await client.execute(INSERT)
        fake.answer = (503, b"leader not found")
        await client.execute(INSERT)
        assert str(await client.version()) == "9.4.1"
        assert not (await client.capabilities()).atomic_returning


async def test_status_ready_and_nodes(fake, client):
    fake.answer = {"store": {"raft": {}}}
    assert await client.status() == {"store": {"raft": {}}}
    assert await client.ready()
    assert await client.ready(sync=False)
    fake.answer = (503, b"[+]node ok\n[+]leader ok\n[+]store ok\n[+]sync timeout")
    assert not await client.ready()
    fake.answer = b"[]"
    with pytest.raises(ProtocolError):
        await client.status()
    fake.answer = {"nodes": []}
    assert await client.nodes() == []
    assert [path for path, _ in fake.requests] == [
        "/status",
        "/readyz?sync&timeout=2s",
        "/readyz",
        "/readyz?sync&timeout=2s",
        "/status",
        "/nodes?ver=2&nonvoters&timeout=1s",
    ]


async def test_wait_ready_waits(fake, client):
    answers = iter([(503, b"[+]leader does not exist"), (503, b""), (200, b"[+]sync ok")])
    fake.answer = lambda _request: next(answers)
    await wait_ready(client, 30)
    assert len(fake.requests) == 3


async def test_using_a_closed_client_is_a_programming_error():
    with pytest.raises(RuntimeError, match="not open"):
        await RqliteClient(["http://127.0.0.1:1"]).query(SELECT)


def test_importing_the_package_loads_no_http_client():
    code = "import sys, debros.rqlite, debros.rqlite.errors, debros.rqlite.types; sys.exit('httptools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
