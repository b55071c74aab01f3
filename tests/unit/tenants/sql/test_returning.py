"""RETURNING gives values as they are stored: marked where rqlite would change them."""

import pytest

from testkit.tenancy import Tenancy

OURS = 7


@pytest.fixture
def tenancy():
    tenancy = Tenancy()
    tenancy.run(OURS, "CREATE TABLE t (id INTEGER PRIMARY KEY, any, made DATETIME, name TEXT, raw BLOB)")
    tenancy.run(OURS, 'CREATE TABLE odd (id INTEGER, "two words")')
    tenancy.run(OURS, "INSERT INTO t VALUES (1, x'00ff', 'not a date', 'one', x'01')")
    return tenancy


@pytest.mark.parametrize(
    ("sql", "columns", "row"),
    [
        ("DELETE FROM t RETURNING *", ("id", "any", "made", "name", "raw"), (1, b"\0\xff", "not a date", "one", b"\1")),
        ("UPDATE t SET any = 2.5 RETURNING any", ("any",), (2.5,)),
        ("UPDATE t SET any = 'b' RETURNING t.any AS y, name", ("y", "name"), ("b", "one")),
        ("UPDATE t SET any = NULL RETURNING any || 'x' z, id", ("z", "id"), (None, 1)),
        (
            "DELETE FROM t RETURNING made, *, any",
            None,
            ("not a date", 1, b"\0\xff", "not a date", "one", b"\1", b"\0\xff"),
        ),
        ("UPDATE t SET name = 1 RETURNING (SELECT max(any) FROM t), 'text', 7", None, (b"\0\xff", "text", 7)),
        ("DELETE FROM t RETURNING hex(any), coalesce(made, any, 1) AS c", ("hex(any)", "c"), ("00FF", "not a date")),
        ("DELETE FROM t RETURNING name COLLATE nocase, -id", None, ("one", -1)),
        ("INSERT INTO t (any) VALUES (random()) RETURNING typeof(any)", None, ("integer",)),
    ],
)
def test_values(tenancy, sql, columns, row) -> None:
    assert tenancy.isolation(OURS).plan(sql).doubtful
    found, rows = tenancy.run(OURS, sql)
    assert rows == [row]
    assert columns is None or found == columns
    assert tenancy.escapes == []


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t (id, any) VALUES (2, 1) RETURNING id, name",  # nothing that rqlite would change
        "INSERT INTO t (id, any) VALUES (2, 1) RETURNING any + ?",
        "INSERT INTO odd VALUES (1, 2) RETURNING *",
    ],
)
def test_what_is_left_as_it_is(tenancy, sql) -> None:
    plan = tenancy.isolation(OURS).plan(sql)
    assert plan.doubtful == frozenset()
    assert "CASE typeof" not in plan.text()
    tenancy.run(OURS, sql, (5,) if "?" in sql else ())


@pytest.mark.parametrize(
    ("returning", "names"),
    [
        ("date('now')", ("date('now')",)),
        ("id, current_timestamp, strftime('%s') AS s", ("id", "current_timestamp", "s")),
        ("any, julianday()", ("any", "julianday()")),  # of which one is marked
    ],
)
def test_results_are_named_by_what_was_written_not_by_what_was_settled(tenancy, returning, names) -> None:
    found, rows = tenancy.run(OURS, f"UPDATE t SET any = 'b' RETURNING {returning}")
    assert found == names
    assert len(rows) == 1
