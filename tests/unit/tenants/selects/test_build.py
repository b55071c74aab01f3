"""SELECTs out of parts, run by SQLite."""

import sqlite3
from contextlib import closing

import pytest

from debros.tenants.errors import SqlRefused
from debros.tenants.selects import Condition, Join, Select, build

USERS = [(1, "Ann", "a@x", 30), (2, "Ben", None, 20), (3, "Cy", "c@x", None), (4, "Di", None, 20)]
ORDERS = [(1, 1, 10.5), (2, 1, 20.0), (3, 2, 5.0), (4, 9, 1.0)]


@pytest.fixture(scope="module")
def database():
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT, age, 'order' DEFAULT 7)")
        connection.execute('CREATE TABLE orders (id, user_id, total, "odd ""name" DEFAULT 1)')
        connection.executemany("INSERT INTO users (id, name, email, age) VALUES (?, ?, ?, ?)", USERS)
        connection.executemany("INSERT INTO orders (id, user_id, total) VALUES (?, ?, ?)", ORDERS)
        yield connection


@pytest.fixture
def run(database):
    def run(**parts):
        statement = build(Select(**parts))
        return [dict(row) for row in database.execute(statement.sql, statement.args)]

    return run


def ids(rows):
    return [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({}, [1, 2, 3, 4]),
        ({"name": "Ben"}, [2]),
        ({"email": None}, [2, 4]),
        ({"email": None, "age": 20, "id": 4}, [4]),
        ({"id": [1, 3, 99]}, [1, 3]),
        ({"age": [30, None]}, [1, 3]),
        ({"age": [None]}, [3]),
        ({"id": []}, []),
        ({"users.id": 3}, [3]),
        ({"order": 7, "id": 1}, [1]),
        ({"name": "' OR 1=1 --"}, []),
    ],
)
def test_criteria(run, criteria, found) -> None:
    assert ids(run(table="users", criteria=criteria, order_by=["id"])) == found


@pytest.mark.parametrize(
    ("limit", "offset", "found"),
    [
        (2, None, [1, 2]),
        (None, 3, [4]),
        (1, 1, [2]),
        (0, None, []),
        (None, 0, [1, 2, 3, 4]),
        (2**63 - 1, 2**63 - 1, []),
    ],
)
def test_limit_and_offset_with_and_without_each_other(run, limit, offset, found) -> None:
    assert ids(run(table="users", order_by=["id"], limit=limit, offset=offset)) == found


def test_the_example_of_the_contract(run) -> None:
    found = run(
        table="orders o",
        columns=["o.id", "o.total", "u.name AS user_name"],
        joins=[Join("INNER", "users u", "u.id = o.user_id")],
        conditions=[Condition("o.total > ?", [10])],
        order_by=["o.id DESC"],
        limit=10,
    )
    assert found == [{"id": 2, "total": 20.0, "user_name": "Ann"}, {"id": 1, "total": 10.5, "user_name": "Ann"}]


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (["COUNT(*) AS count"], {"count": 4}),
        (["count(*)"], {"count(*)": 4}),
        (["COUNT(*) total"], {"total": 4}),
        (["count(DISTINCT age) AS 'ages'"], {"ages": 2}),
        (["max(id)"], {"max(id)": 4}),
        (["min( age ) + 1"], {"min( age ) + 1": 21}),
        (["CASE WHEN max(id) > 3 THEN 'many' ELSE 'few' END size"], {"size": "many"}),
        (["CAST(max(id) AS TEXT) AS x"], {"x": "4"}),
        (['max(users.`order`) AS "the max"'], {"the max": 7}),
        (["group_concat(name, '; ') AS names"], {"names": "Ann; Ben; Cy; Di"}),
    ],
)
def test_columns_of_the_result(run, columns, row) -> None:
    assert run(table="users", columns=columns) == [row]


def test_columns_in_other_places(run) -> None:
    assert run(table="users", columns=["DISTINCT age"], order_by=["age DESC NULLS LAST"])[0] == {"age": 30}
    assert len(run(table="users", columns=["DISTINCT age", "email IS NULL AS quiet"])) == 3
    assert run(table="users", alias="u", columns=["u.*"], limit=1, order_by=["u.id"])[0]["name"] == "Ann"
    grouped = run(table="users", columns=["age", "COUNT(*) AS n"], group_by=["age"], order_by=["n DESC", "age"])
    assert grouped[0] == {"age": 20, "n": 2}
    # A word of SQL's grammar that stands alone is a name.
    assert run(table="users", columns=["order"], order_by=["order", "id ASC"], limit=1) == [{"order": 7}]
    assert run(table="orders", columns=['"odd ""name"'], limit=1) == [{'odd "name': 1}]
    assert ids(run(table="users", order_by=["name COLLATE NOCASE DESC"], limit=1)) == [4]


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ([Condition("age > ?", [20])], [1]),
        ([Condition("age = ?", [30]), Condition("name = ?", ["Cy"], "OR")], [1, 3]),
        ([Condition("id > 1"), Condition("age = 20"), Condition("id = 1", (), "OR")], [1, 2, 4]),
        ([Condition("id IN (?, ?)", [1, 2])], [1, 2]),
        ([Condition("name LIKE ? ESCAPE '!' OR (id BETWEEN ? AND ?)", ["D%", 1, 1])], [1, 4]),
        ([Condition("email IS NOT NULL AND NOT age IS NULL")], [1]),
        ([Condition("lower(name) = ?", ["ann"])], [1]),
        ([Condition('"order" = 7 -- AND id = 1\n AND id = 2')], [2]),
        ([Condition("users.order = 7 AND id=2")], [2]),
        ([Condition("(id, age) = (2, 20)")], [2]),
        ([Condition("name GLOB 'A*'")], [1]),
    ],
)
def test_conditions(run, conditions, found) -> None:
    assert ids(run(table="users", conditions=conditions, order_by=["id"])) == found


def test_criteria_hold_whatever_the_conditions_say(run) -> None:
    either = [Condition("id = 1"), Condition("id = 2", (), "OR")]
    assert ids(run(table="users", criteria={"name": "Ann"}, conditions=either)) == [1]


@pytest.mark.parametrize(
    ("kind", "rows"),
    [("", 3), ("join", 3), ("inner", 3), ("LEFT  join", 5), ("Left Outer", 5), ("RIGHT", 4), ("FULL", 6)],
)
def test_kinds_of_joins(run, kind, rows) -> None:
    columns = ["users.id AS u", "o.id AS o"]
    found = run(table="users", columns=columns, joins=[Join(kind, "orders AS o", "o.user_id = users.id")])
    assert len(found) == rows


def test_every_row_with_every_row(run) -> None:
    assert run(table="users", columns=["count(*) n"], joins=[Join("CROSS", "orders", None)]) == [{"n": 16}]


@pytest.mark.parametrize(
    ("parts", "where", "what"),
    [
        ({"table": ""}, "$.table", "empty"),
        ({"table": "users u v"}, "$.table", "one alias"),
        ({"table": "users; DROP TABLE users"}, "$.table", "one alias"),
        ({"table": "(SELECT 1)"}, "$.table", "one alias"),
        ({"table": "main.users"}, "$.table", "one alias"),
        ({"table": "users u", "alias": "v"}, "$.table", "one alias"),
        ({"table": "users", "alias": "u, orders"}, "$.alias", "not a name"),
        ({"table": "users", "criteria": {"1=1 OR id": 1}}, "$.criteria['1=1 OR id']", "not the name of a column"),
        ({"table": "users", "criteria": {"a.b.c": 1}}, "$.criteria", "not the name of a column"),
        ({"table": "users", "criteria": {"": 1}}, "$.criteria['']", "empty"),
        ({"table": "users", "columns": ["id, name"]}, "$.select[0]", ", does not belong here"),
        ({"table": "users", "columns": ["id", "(SELECT 1)"]}, "$.select[1]", "SELECT does not belong"),
        ({"table": "users", "columns": ["id", "DISTINCT name"]}, "$.select[1]", "before the first"),
        ({"table": "users", "columns": ["id FROM orders --"]}, "$.select[0]", "FROM does not belong"),
        ({"table": "users", "columns": ["?"]}, "$.select[0]", "only conditions have args"),
        ({"table": "users", "columns": ["AS x"]}, "$.select[0]", "nothing"),
        ({"table": "users", "columns": ["'open"]}, "$.select[0]", "unrecognized token"),
        ({"table": "users", "columns": ["\ud800"]}, "$.select[0]", "Unicode"),
        ({"table": "users", "order_by": ["id; DROP TABLE users"]}, "$.order_by[0]", "; does not belong"),
        ({"table": "users", "order_by": ["id,name DESC NULLS FIRST"]}, "$.order_by[0]", ", does not belong"),
        ({"table": "users", "group_by": ["id) UNION (id"]}, "$.group_by[0]", ") does not belong"),
        ({"table": "users", "conditions": [Condition("1) OR (1=1")]}, "$.where[0].expr", ") does not belong"),
        ({"table": "users", "conditions": [Condition("(1")]}, "$.where[0].expr", "a ) is missing"),
        ({"table": "users", "conditions": [Condition("id = ?")]}, "$.where[0].args", "0 values for 1 ?"),
        ({"table": "users", "conditions": [Condition("id = 1", [1])]}, "$.where[0].args", "1 values for 0 ?"),
        ({"table": "users", "conditions": [Condition("id = ?1", [1])]}, "$.where[0].expr", "?1 is not possible"),
        ({"table": "users", "conditions": [Condition("id = :a", [1])]}, "$.where[0].expr", ":a is not possible"),
        ({"table": "users", "conditions": [Condition("EXISTS (SELECT 1)")]}, "$.where[0].expr", "EXISTS does not"),
        ({"table": "users", "conditions": [Condition("order = 7")]}, "$.where[0].expr", "quote it when it is a name"),
        ({"table": "users", "joins": [Join("NATURAL", "orders", "1")]}, "$.joins[0].kind", "no kind of join"),
        ({"table": "users", "joins": [Join("LEFT", "orders", None)]}, "$.joins[0].on", "missing"),
        ({"table": "users", "joins": [Join("LEFT", "orders", "id = ?")]}, "$.joins[0].on", "only conditions"),
        ({"table": "users", "joins": [Join("LEFT", "orders", "")]}, "$.joins[0].on", "empty"),
        ({"table": "users", "at": "$.options", "columns": [""]}, "$.options.select[0]", "empty"),
    ],
)
def test_what_is_refused(parts, where, what) -> None:
    with pytest.raises(SqlRefused) as caught:
        build(Select(**parts))
    assert caught.value.code == "invalid_clause"
    assert caught.value.message.startswith(where)
    assert what in caught.value.message
