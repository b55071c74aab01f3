"""Several namespaces in one real rqlited, and several gateways before it."""

import base64

import pytest

from debros.rqlite.types import Statement
from debros.tenants.tenants import POLL_INTERVAL


@pytest.fixture
def other(gateway, other_key):
    """Ask the same gateway as another namespace."""

    async def ask(path: str, **body):
        return await gateway.http.post(f"/v1/rqlite/{path}", json=body, headers={"X-API-Key": other_key})

    return ask


async def test_two_namespaces_have_a_table_of_one_name(gateway, other, name) -> None:
    create = f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, text TEXT UNIQUE)"
    await gateway.sql(create)
    assert (await other("create-table", schema=create)).status_code == 201
    await gateway.sql(f"INSERT INTO {name}(text) VALUES('ours'), ('both')")
    assert (await other("exec", sql=f"INSERT INTO {name}(text) VALUES('theirs'), ('both')")).status_code == 200
    everything = f"SELECT {name}.text FROM {name} ORDER BY 1"
    assert await gateway.rows(everything) == [["both"], ["ours"]]
    assert (await other("query", sql=everything)).json()["rows"] == [["both"], ["theirs"]]
    twice = await other("exec", sql=f"INSERT INTO {name}(text) VALUES('both')")
    assert (twice.status_code, twice.json()["error"]) == (400, f"UNIQUE constraint failed: {name}.text")
    assert (await other("drop-table", table=name)).status_code == 200
    assert (await other("query", sql=everything)).json()["error"] == f"no such table: {name}"
    assert await gateway.rows(everything) == [["both"], ["ours"]]


async def test_a_namespace_sees_its_own_schema_only(gateway, other, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(secret_of_default)")
    await other("exec", sql=f"CREATE TABLE {name}_other(a)")
    for sql in ("SELECT * FROM sqlite_master", "PRAGMA table_list", f"PRAGMA table_info({name})"):
        answer = await other("query", sql=sql)
        assert answer.status_code == 200, answer.text
        assert "secret_of_default" not in answer.text
        assert f'"{name}"' not in answer.text
        assert "_gw_" not in answer.text
    found = (await other("query", sql="SELECT sql FROM sqlite_master WHERE name = ?", args=[f"{name}_other"])).json()
    assert found["rows"] == [[f"CREATE TABLE {name}_other(a)"]]
    number = (
        await gateway.services.rqlite.query(Statement("SELECT id FROM _gw_namespaces WHERE name = 'default'"))
    ).values
    physical = f"n{number[0][0]}_{name}"
    for sql in (
        f"SELECT * FROM {physical}",
        "SELECT * FROM _gw_kv",
        f"DELETE FROM {physical}",
        f"DROP TABLE {physical}",
    ):
        answer = await other("query" if sql.startswith("S") else "exec", sql=sql)
        assert answer.status_code == 400, sql


async def test_definitions_at_one_gateway_hold_at_the_other(make_gateway, name) -> None:
    first, second = await make_gateway(), await make_gateway()
    await first.sql(f"CREATE TABLE {name}(a)")
    await second.sql(f"INSERT INTO {name} VALUES(1)")
    await first.sql(f"ALTER TABLE {name} ADD COLUMN b DEFAULT 'x'")
    assert (await second.sql(f"INSERT INTO {name}(a, b) VALUES(2, 'y')"))["rows_affected"] == 1
    answer = await second.http.post("/v1/rqlite/query", json={"sql": f"SELECT * FROM {name} ORDER BY a"})
    assert (answer.json()["columns"], answer.json()["rows"]) == (["a", "b"], [[1, "x"], [2, "y"]])
    await first.sql(f"ALTER TABLE {name} RENAME TO {name}_new")
    assert await second.rows(f"SELECT a FROM {name}_new ORDER BY a") == [[1], [2]]
    gone = await second.http.post("/v1/rqlite/query", json={"sql": f"SELECT a FROM {name}"})
    assert gone.json()["error"] == f"no such table: {name}"
    await second.sql(f"CREATE INDEX {name}_i ON {name}_new(a)")
    await first.sql(f"DROP INDEX {name}_i")
    done = await second.http.post("/v1/db/transaction", json={"statements": [f"DROP TABLE {name}_new"]})
    assert done.status_code == 200, done.text
    assert name not in (await first.http.get("/v1/rqlite/schema")).text


async def test_a_table_that_was_made_anew_elsewhere(make_gateway, name) -> None:
    """What the second gateway remembers fits no more: no row may be lost or get a time of the database's."""
    first, second = await make_gateway(), await make_gateway()
    await first.sql(f"CREATE TABLE {name}(a, at TEXT)")
    await second.sql(f"INSERT INTO {name}(a) VALUES(1)")
    statements = [f"DROP TABLE {name}", f"CREATE TABLE {name}(a, at TEXT DEFAULT CURRENT_TIMESTAMP)"]
    done = await first.http.post("/v1/db/transaction", json={"statements": statements})
    assert done.status_code == 200, done.text
    assert (await second.sql(f"INSERT INTO {name}(a) VALUES(2)"))["rows_affected"] == 1
    ((at,),) = await second.rows(f"SELECT at FROM {name}")
    assert len(at) == len("2026-01-01 00:00:00")


async def test_polling_finds_what_changed(make_gateway, name, eventually) -> None:
    first, second = await make_gateway(), await make_gateway()
    await first.sql(f"CREATE TABLE {name}(a)")
    await second.rows(f"SELECT * FROM {name}")
    schemas = second.services.tenants.schemas
    before = await schemas.current("default")
    await first.sql(f"DROP TABLE {name}")

    async def noticed() -> bool:
        return (await schemas.current("default")).version > before.version

    assert POLL_INTERVAL > 0
    assert await eventually(noticed)


async def test_defaults_of_time_and_randomness(gateway, name) -> None:
    await gateway.sql(
        f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP,"
        " token TEXT DEFAULT (lower(hex(randomblob(8)))), n INT DEFAULT (random()), day TEXT DEFAULT (date('now')))"
    )
    answer = await gateway.sql(f"INSERT INTO {name}(id) VALUES(1), (2) RETURNING *")
    assert answer["columns"] == ["id", "at", "token", "n", "day"]
    one, two = answer["items"]
    assert one["at"] == two["at"]
    assert one["day"] == one["at"][:10]
    assert len(one["token"]) == 16
    assert one["token"] != two["token"]
    assert one["n"] != two["n"]
    await gateway.sql(f"INSERT INTO {name} DEFAULT VALUES")
    await gateway.sql(f"INSERT INTO {name}(id, at) VALUES(9, 'given')")
    assert await gateway.rows(f"SELECT at, length(token) FROM {name} WHERE id = 9") == [["given", 16]]
    await gateway.sql(f"UPDATE {name} SET at = datetime(?), n = unixepoch('now') - unixepoch() WHERE id = 9", "now")
    ((at, n),) = await gateway.rows(f"SELECT at, n FROM {name} WHERE id = 9")
    assert (at[:2], n) == ("20", 0)
    listed = await gateway.http.post("/v1/rqlite/query", json={"sql": f"PRAGMA table_info({name})"})
    assert [item["dflt_value"] for item in listed.json()["items"]][1:3] == [
        "CURRENT_TIMESTAMP",
        "lower(hex(randomblob(8)))",
    ]


async def test_the_database_itself_refuses_such_a_default(gateway, name) -> None:
    """Whoever writes past the gateway gets an error, not another value on every host."""
    await gateway.sql(f"CREATE TABLE {name}(a, at TEXT DEFAULT CURRENT_TIMESTAMP)")
    schema = await gateway.services.tenants.schemas.current("default")
    text = f"INSERT INTO n{schema.namespace_id}_{name}(a) VALUES(1)"
    (result,) = await gateway.services.rqlite.execute_many([Statement(text)])
    assert "the gateway supplies this default" in result.message
    assert await gateway.rows(f"SELECT * FROM {name}") == []


async def test_what_would_break_a_view_is_refused(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(a)")
    await gateway.sql(f"CREATE VIEW {name}_v AS SELECT a FROM {name}")
    answer = await gateway.http.post("/v1/rqlite/drop-table", json={"table": name})
    assert (answer.status_code, answer.json()["code"]) == (400, "sql_refused")
    assert f"{name}_v would not work any more" in answer.json()["error"]
    statements = [f"DROP TABLE {name}", f"CREATE TABLE {name}(a, b)"]
    assert (await gateway.http.post("/v1/db/transaction", json={"statements": statements})).status_code == 200
    assert (
        await gateway.http.post("/v1/db/transaction", json={"statements": [f"DROP VIEW {name}_v"]})
    ).status_code == 200
    await gateway.sql(f"DROP TABLE {name}")


async def test_a_transaction_that_defines_and_fills(gateway, name) -> None:
    ops = [
        {"kind": "exec", "sql": f"CREATE TABLE {name}(a, at DEFAULT CURRENT_TIMESTAMP)"},
        {"kind": "exec", "sql": f"INSERT INTO {name}(a) VALUES(1)"},
        {"kind": "exec", "sql": f"CREATE INDEX {name}_i ON {name}(a)"},
        {"kind": "query", "sql": f"SELECT a FROM {name}"},
    ]
    answer = await gateway.http.post("/v1/rqlite/transaction", json={"ops": ops, "return_results": True})
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"][3]["items"] == [{"a": 1}]
    ops = [{"kind": "exec", "sql": f"DROP INDEX {name}_i"}, {"kind": "exec", "sql": f"INSERT INTO {name} VALUES(1)"}]
    answer = await gateway.http.post("/v1/rqlite/transaction", json={"ops": ops})
    assert (answer.status_code, answer.json()["index"]) == (400, 1)
    assert await gateway.rows("SELECT name FROM sqlite_master WHERE name = ?", f"{name}_i") == [[f"{name}_i"]]


async def test_explain_speaks_the_tenants_names(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(a)")
    await gateway.sql(f"CREATE INDEX {name}_i ON {name}(a)")
    ((*_, detail),) = await gateway.rows(f"EXPLAIN QUERY PLAN SELECT * FROM {name} WHERE a = 1")
    assert detail == f"SEARCH {name} USING COVERING INDEX {name}_i (a=?)"


async def test_too_many_tables(make_gateway) -> None:
    gateway = await make_gateway(
        limits={"max_tables": 1}, api_keys=[{"key": "ak_0123456789abcdefghijklmn:default", "namespace": "small"}]
    )
    await gateway.sql("CREATE TABLE a(x)")
    answer = await gateway.http.post("/v1/rqlite/exec", json={"sql": "CREATE TABLE b(x)"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_tables")
    await gateway.sql("DROP TABLE a")
    await gateway.sql("CREATE TABLE b(x)")
    await gateway.sql("DROP TABLE b")


async def test_a_full_database_takes_deletions_and_reads(make_gateway, name, eventually) -> None:
    gateway = await make_gateway()
    await gateway.sql(f"CREATE TABLE {name}(a)")
    await gateway.sql(f"INSERT INTO {name} VALUES(1), (2)")
    full = await make_gateway(limits={"max_database_size": 1})
    await eventually(lambda: full.services.tenants.capacity.size > 0)
    for path, body in (
        ("rqlite/exec", {"sql": f"INSERT INTO {name} VALUES(3)"}),
        ("rqlite/exec", {"sql": f"CREATE INDEX {name}_i ON {name}(a)"}),
        ("storage/put", {"key": "k", "value_base64": base64.b64encode(b"v").decode()}),
    ):
        answer = await full.http.post(f"/v1/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (507, "database_full"), path
    assert (await full.sql(f"DELETE FROM {name} WHERE a = 1"))["rows_affected"] == 1
    assert await full.rows(f"SELECT a FROM {name}") == [[2]]
    await full.sql(f"DROP TABLE {name}")


async def test_tables_made_before_namespaces_had_prefixes_are_taken_over_by_renaming(make_gateway, name) -> None:
    """The way that docs/operate.md describes."""
    gateway = await make_gateway()
    rqlite = gateway.services.rqlite
    await rqlite.transaction(
        [
            Statement(f"CREATE TABLE {name}(a INTEGER PRIMARY KEY, b)"),
            Statement(f"CREATE INDEX {name}_i ON {name}(b)"),
            Statement(f"INSERT INTO {name} VALUES(1, 2)"),
        ]
    )
    schema = await gateway.services.tenants.schemas.current("default")
    await rqlite.execute(Statement(f"ALTER TABLE {name} RENAME TO n{schema.namespace_id}_{name}"))
    again = await make_gateway()
    assert await again.rows(f"SELECT * FROM {name}") == [[1, 2]]
    await again.sql(f"INSERT INTO {name}(b) VALUES(3)")
    await again.sql(f"ALTER TABLE {name} ADD COLUMN c")
    await again.sql(f"DROP TABLE {name}")


async def test_a_database_put_back_to_an_earlier_day(make_gateway, name) -> None:
    gateway = await make_gateway()
    schemas = gateway.services.tenants.schemas
    await gateway.sql(f"CREATE TABLE {name}(a)")
    before = await schemas.current("default")
    await gateway.sql(f"DROP TABLE {name}")
    after = await schemas.current("default")
    await schemas.poll()
    earlier = Statement(
        "UPDATE _gw_schemas SET version = ? WHERE namespace_id = ?", (before.version, before.namespace_id)
    )
    await gateway.services.rqlite.execute(earlier)
    await schemas.poll()
    assert (await schemas.current("default")).version == before.version < after.version


async def test_a_namespace_nobody_signed_in_to(gateway) -> None:
    with pytest.raises(Exception, match="there is no namespace nobody") as error:
        await gateway.services.tenants.database("nobody").query("SELECT 1")
    assert error.value.code == "unknown_namespace"
