"""SQL over HTTP against a real rqlited."""

import pytest


async def test_write_and_read(gateway, name) -> None:
    made = await gateway.http.post(
        "/v1/rqlite/create-table", json={"schema": f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, a TEXT, b)"}
    )
    assert (made.status_code, made.json()) == (201, {"status": "ok"})
    wrote = await gateway.http.post(
        "/v1/rqlite/exec", json={"sql": f"INSERT INTO {name}(a, b) VALUES(?, ?)", "args": ["x", 2**63 - 1]}
    )
    assert wrote.json() == {"rows_affected": 1, "last_insert_id": 1, "execution_state": "ok"}
    read = await gateway.http.post("/v1/rqlite/query", json={"sql": f"SELECT * FROM {name} -- all\n;"})
    assert read.json() == {
        "items": [{"id": 1, "a": "x", "b": 2**63 - 1}],
        "count": 1,
        "columns": ["id", "a", "b"],
        "rows": [[1, "x", 2**63 - 1]],
    }
    assert "db;dur=" in read.headers["server-timing"]
    assert "auth;dur=" in read.headers["server-timing"]


@pytest.mark.parametrize("base", ["/v1/rqlite", "/v1/db"])
async def test_both_generations(gateway, name, base: str) -> None:
    assert (
        await gateway.http.post(f"{base}/create-table", json={"schema": f"CREATE TABLE {name}(a)"})
    ).status_code == 201
    done = await gateway.http.post(
        f"{base}/transaction", json={"statements": [f"INSERT INTO {name} VALUES(1)", f"INSERT INTO {name} VALUES(2)"]}
    )
    assert done.json() == {"status": "ok"}
    read = await gateway.http.post(f"{base}/query", json={"sql": f"SELECT a FROM {name} ORDER BY a", "level": "strong"})
    assert read.json()["rows"] == [[1], [2]]
    listed = (await gateway.http.get(f"{base}/schema")).json()
    (table,) = [table for table in listed["tables"] if table["name"] == name]
    assert table == {
        "name": name,
        "type": "table",
        "sql": f"CREATE TABLE {name}(a)",
        "columns": [{"name": "a", "type": "", "nullable": True, "default": None, "pk": 0}],
    }
    dropped = await gateway.http.post(f"{base}/drop-table", json={"table": name})
    assert dropped.json() == {"status": "ok"}
    assert name not in [table["name"] for table in (await gateway.http.get(f"{base}/schema")).json()["tables"]]


async def test_the_schema_in_full(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'x', b REAL, c AS (b * 2))")
    await gateway.sql(f"CREATE VIEW {name}_v AS SELECT a FROM {name}")
    await gateway.sql(f"CREATE VIRTUAL TABLE {name}_f USING fts5(title)")
    listed = (await gateway.http.get("/v1/rqlite/schema")).json()
    assert listed["objects"] == listed["tables"]
    assert listed["count"] == len(listed["tables"])
    names = [table["name"] for table in listed["tables"]]
    assert names == sorted(names)
    assert not [n for n in names if n.startswith(("_gw", "sqlite_", "schema_migrations", "n1_"))]
    assert [n for n in names if n.startswith(f"{name}_f")] == [f"{name}_f"], "what fts5 keeps for itself is not listed"
    found = {table["name"]: table for table in listed["tables"]}
    assert found[name]["columns"] == [
        {"name": "id", "type": "INTEGER", "nullable": False, "default": None, "pk": 1},
        {"name": "a", "type": "TEXT", "nullable": False, "default": "'x'", "pk": 0},
        {"name": "b", "type": "REAL", "nullable": True, "default": None, "pk": 0},
        {"name": "c", "type": "", "nullable": True, "default": None, "pk": 0},
    ]
    assert found[f"{name}_v"] == {
        "name": f"{name}_v",
        "type": "view",
        "sql": f"CREATE VIEW {name}_v AS SELECT a FROM {name}",
        "columns": [{"name": "a", "type": "TEXT", "nullable": True, "default": None, "pk": 0}],
    }


async def test_shapes_and_big_integers(gateway) -> None:
    body = {"sql": "SELECT 9007199254740993 AS big, NULL AS nil, 1.5 AS real, 'é' AS text"}

    async def ask(query: str):
        return (await gateway.http.post(f"/v1/rqlite/query{query}", json=body)).json()

    row = {"big": 9007199254740993, "nil": None, "real": 1.5, "text": "é"}
    assert await ask("?shape=items") == {"items": [row], "count": 1}
    assert await ask("?shape=rows") == {"count": 1, "columns": list(row), "rows": [list(row.values())]}
    assert (await ask("?shape=items&bigint=string"))["items"][0]["big"] == "9007199254740993"
    assert (await gateway.http.post("/v1/rqlite/query?shape=cube", json=body)).status_code == 400


async def test_blobs_come_as_base64(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(data BLOB)")
    await gateway.sql(f"INSERT INTO {name} VALUES(unhex(?))", "00ff10")
    assert await gateway.rows(f"SELECT data FROM {name}") == [["AP8Q"]]


async def test_an_empty_result_has_empty_lists(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(a)")
    answer = await gateway.http.post("/v1/rqlite/query", json={"sql": f"SELECT a FROM {name}"})
    assert answer.json() == {"items": [], "count": 0, "columns": ["a"], "rows": []}


@pytest.mark.parametrize("level", ["none", "weak", "linearizable", "strong"])
async def test_levels(gateway, level: str) -> None:
    answer = await gateway.http.post("/v1/rqlite/query", json={"sql": "SELECT 1", "level": level})
    assert answer.json()["rows"] == [[1]]


async def test_a_transaction_that_fails_at_index_3_of_5_applies_nothing(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(a INTEGER PRIMARY KEY)")
    ops = [{"kind": "exec", "sql": f"INSERT INTO {name} VALUES(?)", "args": [n]} for n in (1, 2, 3, 1, 5)]
    answer = await gateway.http.post("/v1/rqlite/transaction", json={"ops": ops, "return_results": True})
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["code"] == "sql_error"
    assert problem["index"] == 3
    assert "index 3" in problem["error"]
    assert "UNIQUE constraint failed" in problem["error"]
    assert await gateway.rows(f"SELECT count(*) FROM {name}") == [[0]]


@pytest.mark.parametrize(
    ("broken", "code"),
    [("INSERT INTO nowhere VALUES(1)", "sql_error"), ("INSERT INSERT", "sql_error"), ("VACUUM", "sql_refused")],
)
async def test_a_broken_statement_in_the_middle_applies_nothing(gateway, name, broken: str, code: str) -> None:
    await gateway.sql(f"CREATE TABLE {name}(a)")
    statements = [f"INSERT INTO {name} VALUES(1)", broken, f"INSERT INTO {name} VALUES(2)"]
    answer = await gateway.http.post("/v1/db/transaction", json={"statements": statements})
    assert (answer.status_code, answer.json()["code"], answer.json()["index"]) == (400, code, 1)
    assert await gateway.rows(f"SELECT count(*) FROM {name}") == [[0]]


async def test_reads_before_and_after_the_writes(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(a)")
    count = {"kind": "query", "sql": f"SELECT count(*) AS n FROM {name}"}
    insert = {"kind": "exec", "sql": f"INSERT INTO {name} VALUES(?)", "args": [1]}
    answer = await gateway.http.post(
        "/v1/rqlite/transaction", json={"ops": [count, insert, insert, count], "return_results": True}
    )
    results = answer.json()["results"]
    assert [result.get("items") for result in results] == [[{"n": 0}], None, None, [{"n": 2}]]
    assert results[2] == {"rows_affected": 1, "last_insert_id": 2, "execution_state": "ok"}
    between = await gateway.http.post("/v1/rqlite/transaction", json={"ops": [insert, count, insert]})
    assert (between.status_code, between.json()["code"], between.json()["index"]) == (400, "read_between_writes", 1)
    assert await gateway.rows(f"SELECT count(*) FROM {name}") == [[2]]


async def test_a_wrong_read_after_the_writes_stops_them(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(a)")
    ops = [
        {"kind": "exec", "sql": f"INSERT INTO {name} VALUES(1)"},
        {"kind": "query", "sql": "SELECT * FROM nowhere"},
    ]
    for wanted in (True, False):
        answer = await gateway.http.post("/v1/rqlite/transaction", json={"ops": ops, "return_results": wanted})
        assert (answer.status_code, answer.json()["index"]) == (400, 1)
    assert await gateway.rows(f"SELECT count(*) FROM {name}") == [[0]]


async def test_a_read_that_fails_after_the_writes_does_not_deny_them(gateway, name) -> None:
    """It compiles, so nothing is refused beforehand, and overflows when it runs."""
    await gateway.sql(f"CREATE TABLE {name}(a)")
    ops = [
        {"kind": "exec", "sql": f"INSERT INTO {name} VALUES(1)"},
        {"kind": "query", "sql": "SELECT abs(-9223372036854775807 - ?)", "args": [1]},
        {"kind": "query", "sql": f"SELECT a FROM {name}"},
    ]
    answer = await gateway.http.post("/v1/rqlite/transaction", json={"ops": ops, "return_results": True})
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    wrote, failed, read = answer.json()["results"]
    assert wrote["rows_affected"] == 1
    assert failed["code"] == "sql_error"
    assert failed["error"].startswith("index 1: integer overflow")
    assert read["items"] == [{"a": 1}]


async def test_an_empty_transaction(gateway) -> None:
    assert (await gateway.http.post("/v1/rqlite/transaction", json={"ops": []})).json() == {"status": "ok"}
    both = {"ops": [], "statements": []}
    assert (await gateway.http.post("/v1/rqlite/transaction", json=both)).status_code == 400
    assert (await gateway.http.post("/v1/rqlite/transaction", json={})).status_code == 400


async def test_too_many_rows_and_bytes(make_gateway) -> None:
    gateway = await make_gateway(limits={"max_rows": 10, "max_response_bytes": 100_000})
    numbers = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"
    assert len(await gateway.rows(numbers, 10)) == 10
    for sql, args in ((numbers, [11]), ("SELECT hex(zeroblob(?))", [200_000])):
        answer = await gateway.http.post("/v1/rqlite/query", json={"sql": sql, "args": args})
        assert (answer.status_code, answer.json()["code"]) == (413, "result_too_large")
        assert "LIMIT" in answer.json()["error"]


async def test_fts5(gateway, name) -> None:
    await gateway.sql(f"CREATE VIRTUAL TABLE {name} USING fts5(title, content, tokenize = 'porter')")
    await gateway.sql(f"INSERT INTO {name} VALUES(?, ?)", "hello", "running gateways")
    assert await gateway.rows(f"SELECT title FROM {name} WHERE {name} MATCH ?", "run") == [["hello"]]


async def test_a_trigger_with_several_statements(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(a)")
    await gateway.sql(f"CREATE TABLE {name}_log(a)")
    await gateway.sql(
        f"CREATE TRIGGER {name}_t AFTER INSERT ON {name} BEGIN INSERT INTO {name}_log VALUES(new.a);"
        f" INSERT INTO {name}_log VALUES(new.a * 2); END;"
    )
    await gateway.sql(f"INSERT INTO {name} VALUES(5)")
    assert await gateway.rows(f"SELECT a FROM {name}_log ORDER BY a") == [[5], [10]]


async def test_returning(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, a)")
    answer = await gateway.sql(f"INSERT INTO {name}(a) VALUES(1), (2) RETURNING id, a")
    assert answer["items"] == [{"id": 1, "a": 1}, {"id": 2, "a": 2}]


async def test_figures_are_the_statements_own(gateway, name) -> None:
    """rqlite's shared connection remembers the last INSERT of anybody; an answer must not show it."""
    await gateway.http.post("/v1/rqlite/create-table", json={"schema": f"CREATE TABLE {name}(a)"})
    for a in (1, 2):
        await gateway.http.post("/v1/rqlite/exec", json={"sql": f"INSERT INTO {name} VALUES(?)", "args": [a]})
    for sql, rows in (
        (f"UPDATE {name} SET a = a + 1", 2),
        (f"WITH x AS (SELECT 2 AS b) DELETE FROM {name} WHERE a IN (SELECT b FROM x)", 1),
        (f"CREATE INDEX {name}_a ON {name}(a)", 0),
    ):
        answer = (await gateway.http.post("/v1/rqlite/exec", json={"sql": sql})).json()
        assert (answer["rows_affected"], answer["last_insert_id"]) == (rows, 0), sql
