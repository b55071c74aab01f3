"""Which mistakes of one statement reach the others of its request: none, when it is no transaction.

Group commit stands on this, so it is asked of every rqlited there is, with and without foreign keys.
"""

import pytest

from debros.rqlite import payload
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import StatementError
from debros.rqlite.health import wait_ready
from debros.rqlite.types import ExecResult, Statement

SCHEMA = (
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT UNIQUE NOT NULL, c INT CHECK(c < 10))",
    "CREATE TABLE k(word TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE parent(id INTEGER PRIMARY KEY)",
    "CREATE TABLE at_once(p INT REFERENCES parent(id))",
    "CREATE TABLE deferred(p INT REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE raising(a)",
    *(
        f"CREATE TRIGGER {kind} {when} INSERT ON raising WHEN new.a = '{kind}' BEGIN SELECT RAISE({kind}, 'why'); END"
        for kind, when in (("rollback", "BEFORE"), ("abort", "BEFORE"), ("fail", "AFTER"))
    ),
)
# What fails, and with what.
MISTAKES = {
    "INSERT INTO t(b) VALUES('there')": "UNIQUE constraint failed: t.b",
    "INSERT OR ROLLBACK INTO t(b) VALUES('there')": "UNIQUE constraint failed: t.b",
    "INSERT OR FAIL INTO t(b) VALUES('there')": "UNIQUE constraint failed: t.b",
    "INSERT OR ABORT INTO t(b) VALUES('there')": "UNIQUE constraint failed: t.b",
    "UPDATE OR ROLLBACK t SET b = NULL": "NOT NULL constraint failed: t.b",
    "INSERT INTO t(a, b) VALUES(100, 'x')": "UNIQUE constraint failed: t.a",
    "INSERT INTO t(b, c) VALUES('x', 11)": "CHECK constraint failed: c < 10",
    "INSERT INTO t(a, b) VALUES('no number', 'x')": "datatype mismatch",
    "INSERT INTO k VALUES(NULL)": "NOT NULL constraint failed: k.word",
    "INSERT INTO raising VALUES('rollback')": "why",
    "INSERT INTO raising VALUES('abort')": "why",
    "INSERT INTO raising VALUES('fail')": "why",
    "INSERT INTO nowhere VALUES(1)": "no such table: nowhere",
    "INSERT INTO t(missing) VALUES(1)": "table t has no column named missing",
    "INSERT INTO t(b) VALUES(1, 2)": "2 values for 1 columns",
    "INSERT INTO t(b) VALUES(?)": "not enough args",
    "INSERT INTO t(b) VALUES(abs(-9223372036854775808))": "integer overflow",
    "INSERT INTO t(b) VALUES(json('{'))": "malformed JSON",
    "INSERT INTO t(b) VALUES(zeroblob(2000000000))": "too big",
    "INSERT nonsense": "syntax error",
}
FOREIGN = ("INSERT INTO at_once VALUES(77)", "INSERT INTO deferred VALUES(77)")


@pytest.fixture(scope="module", params=["", "-fk"], ids=["plain", "foreign keys"])
def prepared(request, make_server):
    server = make_server().start(*filter(None, [request.param]))
    yield server, request.param
    server.stop()


@pytest.fixture
async def tables(prepared):
    """A client of a database with the tables, empty but for one row."""
    server, _ = prepared
    async with RqliteClient([server.url]) as client:
        await wait_ready(client, 120)
        for statement in SCHEMA:
            await client.execute_many([Statement(statement)])
        tables = ("t", "k", "at_once", "deferred", "raising", "parent")
        await client.transaction([Statement(f"DELETE FROM {table}") for table in tables])
        await client.execute(Statement("INSERT INTO t(a, b) VALUES(100, 'there')"))
        yield client


async def together(client, *texts):
    entries = [payload.encode_shared(Statement(text, verbatim=True)) for text in texts]
    return await client.execute_shared(entries, len(entries))


async def neighbours_of(client, text):
    before, result, after, last = await together(
        client,
        "INSERT INTO t(a, b) VALUES(501, 'before')",
        text,
        "INSERT INTO t(a, b) VALUES(502, 'after')",
        "UPDATE t SET c = 3 WHERE a > 500",
    )
    assert before == ExecResult(rows_affected=1, last_insert_id=501)
    assert after == ExecResult(rows_affected=1, last_insert_id=502)
    assert last.rows_affected == 2
    # The next request finds nothing left behind either: no transaction is open, everything is there to stay.
    assert await client.transaction([Statement("INSERT INTO t(a, b) VALUES(503, 'next')")])
    rows = (await client.query(Statement("SELECT a, b, c FROM t ORDER BY a"))).values
    assert rows == [[100, "there", None], [501, "before", 3], [502, "after", 3], [503, "next", None]]
    return result


@pytest.mark.parametrize("text", MISTAKES)
async def test_a_mistake_stays_with_its_statement(tables, text):
    result = await neighbours_of(tables, text)
    assert isinstance(result, StatementError)
    assert (MISTAKES[text] in result.message, result.index) == (True, 0), result.message
    alone = (await tables.execute_many([Statement(text, verbatim=True)]))[0]
    assert (alone.message, alone.index) == (result.message, result.index)


@pytest.mark.parametrize("text", FOREIGN)
async def test_a_missing_parent_is_its_statements_alone(tables, prepared, text):
    result = await neighbours_of(tables, text)
    if prepared[1]:
        assert isinstance(result, StatementError)
        assert result.message == "FOREIGN KEY constraint failed"
    else:
        assert result.rows_affected == 1


async def test_no_pragma_comes_along(tables):
    for pragma in ("PRAGMA foreign_keys = ON", "PRAGMA defer_foreign_keys = ON"):
        with pytest.raises(ValueError, match="share a request"):
            await together(tables, "INSERT INTO t(b) VALUES('x')", pragma)


async def test_a_long_request_with_every_mistake(tables):
    texts = [text for i, mistake in enumerate(MISTAKES) for text in (mistake, f"INSERT INTO k VALUES('{i}')")]
    results = await together(tables, *texts)
    assert len(results) == len(texts)
    for text, result in zip(texts, results, strict=True):
        assert isinstance(result, StatementError) is (text in MISTAKES), text
