import sqlite3

import pytest

from debros.client.sql.values import statement


@pytest.mark.parametrize(
    ("sql", "args", "sent"),
    [
        ("SELECT ?", [b"\x00\xff"], "SELECT unhex(?)"),
        ("SELECT ?, '?', \"?\", -- ?\n ?", [1, b"x"], "SELECT ?, '?', \"?\", -- ?\n unhex(?)"),
        ("SELECT ?2, ?1, ?", ["a", b"b", b"c"], "SELECT unhex(?2), ?1, unhex(?)"),
        ("SELECT :a, ?, :a", [b"a", "b"], "SELECT unhex(:a), ?, unhex(:a)"),
    ],
)
def test_bytes_are_hex_behind_unhex(sql, args, sent) -> None:
    assert statement(sql, args)["sql"] == sent


def test_sqlite_sees_what_was_meant() -> None:
    args = [1, b"two", "3", b"", None]
    sql = "SELECT ?5, ?, ?2, ?1, ?, ?3, ?4"
    made = statement(sql, [*args, b"six", "seven"])
    if sqlite3.sqlite_version_info < (3, 41):
        database = sqlite3.connect(":memory:")
        database.create_function("unhex", 1, lambda text: None if text is None else bytes.fromhex(text))
    else:
        database = sqlite3.connect(":memory:")
    expected = database.execute(sql, [*args, b"six", "seven"]).fetchone()
    assert database.execute(made["sql"], made["args"]).fetchone() == expected
    database.close()


def test_a_statement_without_bytes_is_left_alone() -> None:
    assert statement("SELECT ?", [True]) == {"sql": "SELECT ?", "args": [True]}
    assert statement("not SQL '", []) == {"sql": "not SQL '"}


@pytest.mark.parametrize("args", ["abc", b"abc", {"a": 1}, {1, 2}])
def test_values_are_a_list(args) -> None:
    with pytest.raises(TypeError, match="args must be a list or tuple"):
        statement("SELECT ?", args)
