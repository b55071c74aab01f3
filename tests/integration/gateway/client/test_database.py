"""SQL through the client library."""

import asyncio

import pytest

from debros.client import Join, Read, ReadFailed, SqlError, Where, Write

BIG = 9_223_372_036_854_775_807
BYTES = bytes(range(256))


async def test_a_row_goes_in_and_comes_out(client, name) -> None:
    db = client.database
    await db.create_table(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, n INTEGER, text TEXT, r REAL)")
    made = await db.exec(
        f"INSERT INTO {name}(n, text, r) VALUES (?, ?, ?), (?, ?, ?)", [BIG, "é☃", 0.1, -BIG - 1, None, 2]
    )
    assert (made.rows_affected, made.last_insert_id, len(made.rows)) == (2, 2, 0)
    rows = await db.query(f"SELECT n, text, r FROM {name} ORDER BY id", level="strong")
    assert rows.columns == ["n", "text", "r"]
    assert rows.values == [[BIG, "é☃", 0.1], [-BIG - 1, None, 2.0]]
    assert list(rows)[1] == {"n": -BIG - 1, "text": None, "r": 2.0}
    assert (await db.query(f"SELECT count(*) FROM {name}")).scalar() == 2
    assert (await db.query(f"SELECT * FROM {name} WHERE n = 0")).first() is None


async def test_bytes_are_blobs_there_and_back(client, name) -> None:
    db = client.database
    await db.create_table(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, data BLOB, note TEXT)")
    await db.exec(f"INSERT INTO {name}(data, note) VALUES (?2, ?1), (?, '?'), (NULL, 'none')", ["first", BYTES, b""])
    rows = await db.query(f"SELECT typeof(data) AS kind, data, note FROM {name} ORDER BY id", blobs=["data"])
    assert rows.values == [["blob", BYTES, "first"], ["blob", b"", "?"], ["null", None, "none"]]
    found = await db.query(f"SELECT note FROM {name} WHERE data = ?", [bytearray(BYTES)])
    assert found.scalar() == "first"
    (row,) = await db.find(name, {"note": "first"}, select=["data"], blobs=["data"])
    assert row == {"data": BYTES}
    with pytest.raises(ValueError, match="no column 'date'; there are data"):
        await db.query(f"SELECT data FROM {name}", blobs=["date"])


@pytest.mark.parametrize("value", [2**63, float("nan"), float("inf"), object(), [1]])
async def test_what_sqlite_cannot_hold_is_not_sent(client, value) -> None:
    with pytest.raises((TypeError, ValueError), match=r"args\[1\]"):
        await client.database.query("SELECT ?, ?", [1, value])


async def test_a_transaction_is_all_or_nothing(client, name) -> None:
    db = client.database
    await db.create_table(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, data BLOB)")
    insert = f"INSERT INTO {name}(id, data) VALUES (?, ?)"
    with pytest.raises(SqlError) as failed:
        await db.transaction([Write(insert, [1, None]), Write(insert, [2, None]), Write(insert, [1, None])])
    assert (failed.value.index, failed.value.status, failed.value.code) == (2, 400, "sql_error")
    assert "operation 2 of the transaction" in str(failed.value)
    assert failed.value.request_id
    assert (await db.query(f"SELECT count(*) FROM {name}")).scalar() == 0
    before, made, after = await db.transaction(
        [
            Read(f"SELECT count(*) AS n FROM {name}"),
            Write(insert, [1, BYTES]),
            Read(f"SELECT data FROM {name}", blobs=["data"]),
        ],
        results=True,
    )
    assert not isinstance(before, ReadFailed)
    assert (list(before), made.rows_affected, list(after)) == ([{"n": 0}], 1, [{"data": BYTES}])
    assert await db.transaction([f"DELETE FROM {name}"]) == []
    assert (await db.query(f"SELECT count(*) FROM {name}")).scalar() == 0


async def test_returning_gives_rows(client, name) -> None:
    await client.database.create_table(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, n)")
    made = await client.database.exec(f"INSERT INTO {name}(n) VALUES (7) RETURNING id, n", idempotency=False)
    assert list(made.rows) == [{"id": 1, "n": 7}]


async def test_the_schema_tells_tables_and_columns(make_gateway, own_keys, connect) -> None:
    db = connect(await make_gateway(api_keys=own_keys)).database
    assert await db.schema() == []
    await db.create_table("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'x')")
    (table,) = await db.schema()
    assert (table.name, table.type) == ("users", "table")
    assert [(column.name, column.nullable, column.default, column.pk) for column in table.columns] == [
        ("id", False, None, 1),
        ("name", False, "'x'", 0),
    ]
    await db.drop_table("users")
    assert await db.schema() == []


async def test_reads_in_parts(client, name) -> None:
    db = client.database
    await db.create_table(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, name TEXT, boss INTEGER)")
    await db.exec(f"INSERT INTO {name} VALUES (1, 'Ann', NULL), (2, 'Ben', 1), (3, 'Cy', 1)")
    assert [row["id"] for row in await db.find(name, {"boss": 1}, order_by=["id DESC"])] == [3, 2]
    assert [row["id"] for row in await db.find(name, {"name": ["Ann", "Cy"]}, limit=1, offset=1)] == [3]
    assert await db.find_one(name, {"boss": None}, select=["name"]) == {"name": "Ann"}
    assert await db.find_one(name, {"name": "Dee"}) is None
    joined = await db.select(
        f"{name} a",
        select=["a.name", "b.name AS boss"],
        joins=[Join(f"{name} b", "b.id = a.boss")],
        where=[Where("a.id > ?", [2])],
    )
    assert joined == [{"name": "Cy", "boss": "Ann"}]
    counted = await db.select_one(name, select=["boss", "COUNT(*) AS n"], where=["boss IS NOT NULL"], group_by=["boss"])
    assert counted == {"boss": 1, "n": 2}
    assert await db.select_one(name, where=[Where("id = ?", [9])]) is None


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda db: db.find("t", select="id"), "give a list of names"),
        (lambda db: db.find("t", {"data": b"x"}), "conditions take no bytes"),
        (lambda db: db.find("t", limits=1), "there is no option 'limits'"),
        (lambda db: db.transaction("DELETE FROM t"), "a list of operations"),
        (lambda db: db.transaction([3]), "operation 0 is neither"),
        (lambda db: db.query("SELECT ?", "x"), "args must be a list"),
        (lambda db: db.exec("DELETE FROM t", idempotency="two words"), "visible ASCII"),
        (lambda db: db.query("SELECT 1", timeout=0), "above 0"),
    ],
)
async def test_a_callers_mistake_is_told_before_anything_is_sent(client, call, told) -> None:
    with pytest.raises((TypeError, ValueError), match=told):
        await call(client.database)


async def test_writes_without_a_key_share_commits_and_writes_with_one_are_made_once(client, name) -> None:
    db = client.database
    await db.create_table(f"CREATE TABLE {name}(n)")
    await asyncio.gather(*(db.exec(f"INSERT INTO {name} VALUES (?)", [n], idempotency=False) for n in range(50)))
    for _ in range(3):
        await db.exec(f"INSERT INTO {name} VALUES (-1)", idempotency="order-1")
    assert (await db.query(f"SELECT count(*), min(n) FROM {name}")).values == [[51, -1]]
