import json

import pytest

ROWS = {"columns": ["id", "name"], "rows": [[1, "Alice"], [2, None]], "items": [], "count": 2}
EXEC = {"rows_affected": 3, "last_insert_id": 7, "execution_state": "ok"}


@pytest.fixture
def both(gateway):
    gateway.answer("/v1/rqlite/query", ROWS)
    gateway.answer("/v1/rqlite/exec", EXEC)
    return gateway


@pytest.mark.parametrize(
    ("sql", "route"),
    [
        ("SELECT 1", "query"),
        ("  /* x */ -- y\n select 1", "query"),
        ("VALUES (1)", "query"),
        ("EXPLAIN INSERT INTO t VALUES (1)", "query"),
        ("PRAGMA table_info(t)", "query"),
        ("INSERT INTO t VALUES (1)", "exec"),
        ("CREATE TABLE t (id)", "exec"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "query"),
        ("WITH RECURSIVE a(x) AS (VALUES (1)), b AS NOT MATERIALIZED (SELECT ')') SELECT 1", "query"),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "exec"),
        ("WITH a(x, y) AS (SELECT 1, 2) DELETE FROM t", "exec"),
        ("WITH replace AS (SELECT 1) SELECT * FROM replace", "query"),
        ("WITH a AS (SELECT 1) REPLACE INTO t SELECT 1", "exec"),
        ("with a as (select (1)) update t set x = 1", "exec"),
    ],
)
def test_reads_and_writes_take_their_routes(sql, route, both, run) -> None:
    assert run("query", sql).exit_code == 0
    assert both.last.path == f"/v1/rqlite/{route}"
    assert both.last.json() == {"sql": sql}


def test_rows_into_a_pipe(both, run) -> None:
    assert run("query", "SELECT 1").stdout == "id\tname\n1\tAlice\n2\t\\N\n"
    assert both.last.query == {"shape": "rows"}


def test_json_is_the_gateways_whole_answer(both, run) -> None:
    assert json.loads(run("query", "SELECT 1", "--format", "json").stdout) == ROWS
    assert both.last.query == {}


@pytest.mark.usefixtures("both")
def test_a_write_shows_what_it_did(run) -> None:
    assert run("query", "DELETE FROM t").stdout == "rows_affected\t3\nlast_insert_id\t7\n"
    assert json.loads(run("query", "DELETE FROM t", "--format", "json").stdout) == EXEC


def test_rows_a_write_returns_are_shown(gateway, run) -> None:
    gateway.answer("/v1/rqlite/exec", EXEC | {"columns": ["id"], "rows": [[8]]})
    assert run("query", "INSERT INTO t VALUES (1) RETURNING id").stdout == "id\n8\n"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("42", 42),
        ("-5", -5),
        ("9223372036854775807", 2**63 - 1),
        ("1.5", 1.5),
        ("true", True),
        ("null", None),
        ("Alice", "Alice"),
        ('"42"', "42"),
        ("0123", "0123"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ('{"a": 1}', '{"a": 1}'),
        ("[1]", "[1]"),
        ("", ""),
    ],
)
def test_arguments_have_the_type_they_look_like(given, sent, both, run) -> None:
    assert run("query", "SELECT ?", "--arg", given).exit_code == 0
    assert both.last.json()["args"] == [sent]
    assert type(both.last.json()["args"][0]) is type(sent)


def test_arguments_keep_their_order(both, run) -> None:
    run("query", "SELECT ?, ?", "--arg", "b", "--arg", "a")
    assert both.last.json()["args"] == ["b", "a"]


@pytest.mark.parametrize(
    "args",
    [
        ["SELECT ?", "--arg", "1e999"],
        [""],
        ["-- nothing"],
        [";"],
        ["WITH a AS ('"],
        ["DELETE FROM t", "--level", "strong"],
    ],
)
def test_what_cannot_be_sent_is_a_usage_error(args, both, run) -> None:
    assert run("query", *args).exit_code == 2
    assert both.requests == []


def test_the_level_goes_along(both, run) -> None:
    run("query", "SELECT 1", "--level", "strong")
    assert both.last.json() == {"sql": "SELECT 1", "level": "strong"}


def test_the_statement_may_come_from_stdin(both, run) -> None:
    assert run("query", "-", input="\ufeffSELECT 'é'\n".encode()).exit_code == 0
    assert both.last.json() == {"sql": "SELECT 'é'\n"}
    assert run("query", "-", input=b"SELECT '\xff'").exit_code == 2


def test_a_mistake_in_the_sql_is_told_in_the_gateways_words(gateway, run) -> None:
    gateway.refuse("/v1/rqlite/query", 400, "sql_error", "no such table: t")
    done = run("query", "SELECT * FROM t")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", "Error: no such table: t\n")
