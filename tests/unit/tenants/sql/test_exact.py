"""Reads put into another read that marks what rqlite would change."""

import sqlite3
from contextlib import closing

import pytest

from debros.tenants.sql import exact

ROWS = [(3, "x", b"\x00\xff"), (1, "bäh", b""), (2, None, None), (4, "", "t"), (5, "a\0b", 2.5), (6, "b", -(2**63))]
VALUES = {3: "AP8=", 1: "", 2: None, 4: "t", 5: 2.5, 6: -(2**63)}


@pytest.fixture(scope="module")
def database():
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER, name TEXT, any)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", ROWS)
        yield connection


def test_what_is_doubtful() -> None:
    declared = ("", "TEXT", "INTEGER", "DATETIME", "date", "Timestamp", "BLOB", "BOOLEAN", "VARCHAR(9)")
    assert exact.doubtful(declared) == {0, 3, 4, 5}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, name, any FROM t",
        "SELECT id, name, any FROM t ORDER BY name DESC, id",
        "SELECT id, name, any FROM t ORDER BY id LIMIT 3 OFFSET 1 -- the middle",
        "SELECT id, name, any FROM t WHERE id < 4 UNION ALL SELECT id, name, any FROM t WHERE id > 4 ORDER BY 1 DESC",
        "WITH c0(id) AS (SELECT 1 UNION ALL SELECT 6) SELECT id, name, any FROM c0 JOIN t USING (id) ORDER BY id DESC",
        "SELECT id, name, any FROM t GROUP BY id HAVING id > 2 ORDER BY max(id) DESC",
        "SELECT DISTINCT id, name, any FROM t ORDER BY any, id",
        "VALUES (3, 'x', x'00ff'), (1, 'y', x'')",
        "SELECT id, name, any FROM t WHERE id > 100",
    ],
)
def test_rows_and_their_order_stay(database, sql) -> None:
    plain = database.execute(sql).fetchall()
    marked = database.execute(exact.wrapped(sql, 3, frozenset({1, 2}), "7")).fetchall()
    assert [row[-1] for row in marked] == [7] * len(plain)
    unmarked = exact.unmarked(marked, frozenset({1, 2}))
    assert [[*row[:2], row[3]] for row in unmarked] == [[*row[:2], 7] for row in plain]
    assert [row[2] for row in unmarked] == [VALUES[row[0]] for row in plain]


def test_parameters_keep_their_numbers(database) -> None:
    sql = exact.wrapped("SELECT any, ?2, :a FROM t WHERE id = ?1", 3, frozenset({0, 1, 2}), "0")
    (row,) = exact.unmarked(database.execute(sql, (3, "two", b"a")), frozenset({0, 1, 2}))
    assert row == ["AP8=", "two", "YQ==", 0]
