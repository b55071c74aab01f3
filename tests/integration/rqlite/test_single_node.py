"""Every promise of the client, against one real rqlited."""

import asyncio
import base64

import pyrqlite.dbapi2
import pytest

from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import NoLeader, StatementError, StatementTimeout, TooLarge, Unavailable
from debros.rqlite.types import ExecResult, Level, Statement

FOREVER = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r"


async def create(client, table, columns="a INTEGER PRIMARY KEY, b TEXT UNIQUE"):
    await client.execute(Statement(f"CREATE TABLE {table} ({columns})"))


async def rows(client, table):
    return (await client.query(Statement(f"SELECT * FROM {table} ORDER BY 1"))).values


async def test_the_version_is_the_binarys(client, rqlited):
    assert await client.version() == rqlited.version


async def test_writes_and_reads(client, table):
    await create(client, table)
    insert = f"INSERT INTO {table} (b) VALUES (?)"
    assert await client.execute(Statement(insert, ["x"])) == ExecResult(rows_affected=1, last_insert_id=1)
    assert (await client.execute(Statement(insert, ["y"]))).last_insert_id == 2
    assert (await client.execute(Statement(f"UPDATE {table} SET b = b || :s", {"s": "!"}))).rows_affected == 2
    result = await client.query(Statement(f"SELECT a, b, NULL FROM {table} WHERE a = $a", {"a": 2}))
    assert (result.columns, result.values) == (["a", "b", "NULL"], [[2, "y!", None]])
    assert result.types[:2] == ["integer", "text"]


async def test_values_survive(client, table):
    await create(client, table, "a INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, b BLOB")
    integers = [2**53 + 1, 2**63 - 1, -(2**63), 0]
    texts = ["", "é漢\U0001f600", "it's; -- \" ` [", "a\0b"]
    blob = bytes(range(256))
    for number, text in zip(integers, texts, strict=True):
        sql = f"INSERT INTO {table} (i, r, t, b) VALUES (?, ?, ?, unhex(?))"
        await client.execute(Statement(sql, [number, 1.5e300, text, blob.hex()]))
    values = (await client.query(Statement(f"SELECT i, r, t, b FROM {table} ORDER BY a"))).values
    encoded = base64.b64encode(blob).decode()
    assert values == [[number, 1.5e300, text, encoded] for number, text in zip(integers, texts, strict=True)]


async def test_statement_errors(client, table):
    await create(client, table)
    await client.execute(Statement(f"INSERT INTO {table} (b) VALUES ('x')"))
    for sql, message in [
        (f"INSERT INTO {table} (b) VALUES ('x')", "UNIQUE constraint failed"),
        ("INSERT INTO nowhere VALUES (1)", "no such table: nowhere"),
        ("SELEC 1", 'near "SELEC": syntax error'),
    ]:
        with pytest.raises(StatementError, match=message) as caught:
            await client.execute(Statement(sql))
        assert caught.value.index == 0
    with pytest.raises(StatementError, match="no such column: c"):
        await client.query(Statement(f"SELECT c FROM {table}"))
    with pytest.raises(StatementError):
        await client.query(Statement("SELECT ?, ?", [1]))
    with pytest.raises(StatementError, match="query"):
        await client.query(Statement(f"DELETE FROM {table}"))
    assert await rows(client, table) == [[1, "x"]]


async def test_many_writes_fail_each_for_itself(client, table):
    await create(client, table)
    insert = f"INSERT INTO {table} (b) VALUES (?)"
    results = await client.execute_many(
        [
            Statement(insert, ["a"]),
            Statement(insert, ["a"]),
            Statement(insert, [2**64]),
            Statement("/* nothing */"),
            Statement(insert + " RETURNING a, b", ["b"]),
            Statement(insert, ["c"]),
        ]
    )
    assert [result.index for result in results if isinstance(result, StatementError)] == [1, 2, 3]
    assert results[0].last_insert_id == 1
    assert (results[4].columns, results[4].values) == (["a", "b"], [[2, "b"]])
    assert results[5].last_insert_id == 3
    assert await rows(client, table) == [[1, "a"], [2, "b"], [3, "c"]]


@pytest.mark.parametrize("bad", ["INSERT INTO {t} (b) VALUES ('x')", "INSERT INTO nowhere VALUES (1)", "BAD SQL"])
async def test_a_transaction_is_all_or_nothing(client, table, bad):
    await create(client, table)
    insert = Statement(f"INSERT INTO {table} (b) VALUES ('x')")
    with pytest.raises(StatementError) as caught:
        await client.transaction([insert, Statement(bad.format(t=table)), Statement(f"DELETE FROM {table}")])
    assert caught.value.index == 1
    assert await rows(client, table) == []
    results = await client.transaction([insert, Statement(f"CREATE INDEX i_{table} ON {table} (b)")])
    assert results[0].rows_affected == 1
    assert await rows(client, table) == [[1, "x"]]


async def test_returning_in_a_transaction(client, table):
    await create(client, table)
    statements = [
        Statement(f"INSERT INTO {table} (b) VALUES ('x')"),
        Statement(f"INSERT INTO {table} (b) VALUES ('x') RETURNING a"),
    ]
    # Either the server rolls back, or the client does not send it: never half of it.
    with pytest.raises(StatementError) as caught:
        await client.transaction(statements)
    assert caught.value.index == 1
    assert await rows(client, table) == []


async def test_comments_and_semicolons_are_harmless(client, table):
    await create(client, table)
    await client.execute(Statement(f"-- first\nINSERT INTO {table} (b) VALUES (';'); -- last"))
    assert (await client.query(Statement(f"SELECT b FROM {table}; /* poison before 9.3.13 */"))).values == [[";"]]


@pytest.mark.parametrize("level", list(Level))
async def test_every_level_reads_what_was_written(client, table, level):
    await create(client, table)
    await client.execute(Statement(f"INSERT INTO {table} (b) VALUES ('x')"))
    assert (await client.query(Statement(f"SELECT b FROM {table}"), level)).values == [["x"]]


async def test_queries_fail_each_for_itself(client):
    first, second, third = await client.query_many(
        [Statement("SELECT 1"), Statement("SELECT x"), Statement("SELECT 3")]
    )
    assert (first.values, third.values) == ([[1]], [[3]])
    assert isinstance(second, StatementError)
    assert second.index == 1


async def test_an_endless_query_is_stopped_by_the_database(client):
    with pytest.raises(StatementTimeout):
        await client.query(Statement(FOREVER), timeout=5)  # of which the database gets 95 %


async def test_infinity_is_refused_clearly(client):
    with pytest.raises(StatementError, match="Infinity"):
        await client.query(Statement("SELECT 9e999"))


@pytest.mark.usefixtures("client")
async def test_a_result_over_the_limit(single):
    async with RqliteClient([single.url], max_response_bytes=100_000) as small:
        with pytest.raises(TooLarge):
            await small.query(Statement("SELECT hex(zeroblob(60000))"))
        assert (await small.query(Statement("SELECT 1"))).values == [[1]]


async def test_five_hundred_writers_at_once(client, table):
    await create(client, table)
    insert = f"INSERT INTO {table} (b) VALUES (?)"
    results = await asyncio.gather(*(client.execute(Statement(insert, [str(n)])) for n in range(500)))
    assert sorted(result.last_insert_id for result in results) == list(range(1, 501))
    written = {value: key for key, value in await rows(client, table)}
    assert all(written[str(n)] == result.last_insert_id for n, result in enumerate(results))


async def test_nodes_and_status(client, single):
    (node,) = await client.nodes()
    assert (node.id, node.addr, node.api_addr) == (single.id, single.raft, single.url)
    assert node.voter
    assert node.reachable
    assert node.leader
    assert (await client.status())["store"]["node_id"] == single.id


async def test_an_independent_client_reads_what_we_wrote(client, single, table):
    await create(client, table, "a INTEGER PRIMARY KEY, i INTEGER, t TEXT")
    await client.execute(Statement(f"INSERT INTO {table} (i, t) VALUES (?, ?)", [2**63 - 1, "it's é"]))

    def read():
        connection = pyrqlite.dbapi2.connect(host="127.0.0.1", port=single.config.database.rqlite_port)
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT a, i, t FROM {table}")
                return [tuple(row) for row in cursor.fetchall()]
        finally:
            connection.close()

    assert await asyncio.to_thread(read) == [(1, 2**63 - 1, "it's é")]


async def test_a_node_whose_leader_is_gone_applies_nothing(make_server, eventually):
    """A replica that never finds a cluster: alive, reachable, and honest about it."""
    server = make_server("127.0.0.1:1").start()
    try:
        async with RqliteClient([server.url]) as lonely:

            async def refused():
                try:
                    await lonely.execute(Statement("CREATE TABLE t (a)"))
                except NoLeader:
                    return True
                except Unavailable:
                    return False  # it is still starting

            await eventually(refused)
            assert not await lonely.ready()
            with pytest.raises(NoLeader):
                await lonely.query(Statement("SELECT 1"))

            async def answers_by_itself():
                try:
                    return (await lonely.query(Statement("SELECT 1"), Level.NONE)).values == [[1]]
                except NoLeader:
                    return False  # its store is not open yet

            await eventually(answers_by_itself)
    finally:
        server.kill()
