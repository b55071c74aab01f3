"""Reads in parts over HTTP, against a real rqlited: find, find-one and select."""

import pytest


@pytest.fixture
async def shop(gateway, name):
    """Two tables, and a way to ask for their rows."""
    await gateway.sql(f"CREATE TABLE {name}_users (id INTEGER PRIMARY KEY, name TEXT, email TEXT, active, raw BLOB)")
    await gateway.sql(f"CREATE TABLE {name}_orders (id INTEGER PRIMARY KEY, user_id INTEGER, total REAL)")
    await gateway.sql(
        f"INSERT INTO {name}_users VALUES (1, 'Ann', 'a@x', 1, x'00ff'), (2, 'Ben', NULL, 1, NULL),"
        " (3, 'Cy', 'c@x', 0, NULL)"
    )
    await gateway.sql(f"INSERT INTO {name}_orders VALUES ({2**53 + 1}, 1, 150.5), (2, 1, 20.0), (3, 2, 300.0)")

    async def ask(what, **body):
        return await gateway.http.post(f"/v1/rqlite/{what}", json=body)

    return ask


async def test_find(shop, name) -> None:
    options = {"select": ["id", "email"], "order_by": ["id DESC"], "limit": 25}
    found = await shop("find", table=f"{name}_users", criteria={"active": True}, options=options)
    assert found.json() == {"items": [{"id": 2, "email": None}, {"id": 1, "email": "a@x"}], "count": 2}
    found = await shop("find", table=f"{name}_users", criteria={"email": None}, options={"select": ["id"]})
    assert found.json() == {"items": [{"id": 2}], "count": 1}
    found = await shop("find", table=f"{name}_users", options={"select": ["id"], "offset": 2, "order_by": ["id"]})
    assert found.json() == {"items": [{"id": 3}], "count": 1}
    found = await shop("find", table=f"{name}_users", criteria={"id": [1, 3]}, options={"where": [{"expr": "id > 1"}]})
    assert [row["name"] for row in found.json()["items"]] == ["Cy"]
    assert (await shop("find", table=f"{name}_users", criteria={"id": 99})).json() == {"items": [], "count": 0}


async def test_find_one(shop, name) -> None:
    found = await shop("find-one", table=f"{name}_users", criteria={"name": "Ann"}, level="strong")
    assert found.json() == {"id": 1, "name": "Ann", "email": "a@x", "active": 1, "raw": "AP8="}
    found = await shop("find-one", table=f"{name}_users", options={"order_by": ["id"], "offset": 1, "limit": 100})
    assert found.json()["name"] == "Ben"
    missing = await shop("find-one", table=f"{name}_users", criteria={"name": "Nobody"})
    assert (missing.status_code, missing.json()["code"]) == (404, "row_not_found")


async def test_select(shop, name) -> None:
    parts = {
        "table": f"{name}_orders o",
        "select": ["o.id", "o.total", "u.email AS user_email"],
        "joins": [{"kind": "INNER", "table": f"{name}_users u", "on": "u.id = o.user_id"}],
        "where": [{"conj": "AND", "expr": "o.total > ?", "args": [100]}],
        "order_by": ["o.total DESC"],
        "limit": 10,
    }
    rows = [
        {"id": 3, "total": 300.0, "user_email": None},
        {"id": 2**53 + 1, "total": 150.5, "user_email": "a@x"},
    ]
    assert (await shop("select", **parts)).json() == {"items": rows, "count": 2}
    assert (await shop("select", **parts, one=True)).json() == {**rows[0], "items": rows[:1]}
    missing = await shop("select", **(parts | {"where": [{"expr": "o.total > ?", "args": [1000]}]}), one=True)
    assert (missing.status_code, missing.json()["code"]) == (404, "row_not_found")


async def test_a_count_as_query_builders_ask_for_it(shop, name) -> None:
    answer = await shop("select", table=f"{name}_users", select=["COUNT(*) AS count"], one=True)
    assert answer.json() == {"count": 3, "items": [{"count": 3}]}


@pytest.mark.usefixtures("shop")
async def test_large_integers_as_text(gateway, name) -> None:
    url = "/v1/rqlite/find?bigint=string"
    found = await gateway.http.post(url, json={"table": f"{name}_orders", "options": {"select": ["id"], "limit": 9}})
    assert {"id": str(2**53 + 1)} in found.json()["items"]


async def test_groups(shop, name) -> None:
    answer = await shop(
        "select",
        table=f"{name}_orders",
        alias="o",
        select=["user_id", "SUM(o.total)", "count(*) AS n"],
        group_by=["user_id"],
        order_by=["n DESC"],
    )
    assert answer.json()["items"][0] == {"user_id": 1, "SUM(o.total)": 170.5, "n": 2}


@pytest.mark.parametrize(
    ("what", "body", "code", "text"),
    [
        ("find", {}, "invalid_body", "table"),
        ("find", {"table": "x; DROP TABLE y"}, "invalid_clause", "$.table"),
        ("find", {"table": "users", "criteria": {"id": {}}}, "invalid_body", "criteria"),
        ("find", {"table": "users", "criteria": {"id": 2**64}}, "invalid_argument", "$.criteria['id'][0]"),
        ("find", {"table": "users", "where": []}, "invalid_body", "where"),
        ("find", {"table": "users", "options": {"orderby": ["id"]}}, "invalid_body", "orderby"),
        ("find", {"table": "users", "options": {"limit": -1}}, "invalid_body", "$.options.limit"),
        ("find", {"table": "users", "options": {"select": ["1 FROM x"]}}, "invalid_clause", "$.options.select[0]"),
        ("find-one", {"table": "no_such_table_here"}, "sql_error", "no such table: no_such_table_here"),
        ("select", {"table": "sqlite_master", "select": ["nope"]}, "sql_error", "no such column: nope"),
        ("select", {"table": "_gw_api_keys"}, "sql_error", "no such table"),
        ("select", {"table": "n2_users"}, "sql_error", "no such table"),
        ("select", {"table": "t", "where": [{"expr": "a = ?"}]}, "invalid_clause", "$.where[0].args"),
        ("select", {"table": "t", "where": [{"expr": "a", "conj": "XOR"}]}, "invalid_clause", "$.where[0].conj"),
    ],
)
async def test_what_is_wrong_is_told(gateway, what, body, code, text) -> None:
    answer = await gateway.http.post(f"/v1/rqlite/{what}", json=body)
    assert answer.status_code == 400, answer.text
    assert (answer.json()["code"], text in answer.json()["error"]) == (code, True), answer.json()
