"""The guard against a corpus of attacks and of honest statements."""

import sqlite3
from contextlib import nullcontext

import pytest

from debros.tenants.errors import SqlRefused
from debros.tenants.sql import guard
from debros.tenants.sql.guard import StatementKind

READS = [
    "SELECT 1",
    "select a, b from users where name = ? order by a limit 10",
    "SELECT * FROM users -- the end",
    "/* why */ SELECT * FROM users;",
    "VALUES (1, 2), (3, 4)",
    "WITH t(a) AS (SELECT 1) SELECT a FROM t",
    "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n",
    'WITH "delete" AS (SELECT 1) SELECT * FROM "delete"',
    "PRAGMA table_info(users)",
    "PRAGMA index_list('users');",
    'pragma foreign_key_list("users")',
    "SELECT 'a;b', \"c\" FROM t",
    "SELECT temperature FROM weather",
    "SELECT replace(a, 'x', 'y') FROM t",
    "SELECT _gender, my_gw_name FROM t",
]
CHANGES = [
    "INSERT INTO users(name) VALUES(?)",
    "REPLACE INTO pairs VALUES(1, 2)",
    "UPDATE users SET name = 'x' WHERE id = 1 RETURNING id",
    "DELETE FROM users",
    "WITH old AS (SELECT id FROM users) DELETE FROM users WHERE id IN old",
    "WITH a AS (SELECT 1), b AS (SELECT 2) INSERT INTO notes SELECT * FROM a",
    "INSERT INTO notes VALUES('BEGIN; DROP TABLE x')",
]
DDL = [
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x')",
    "CREATE TABLE IF NOT EXISTS t(a)",
    "CREATE UNIQUE INDEX i ON t(a)",
    "CREATE VIEW v AS SELECT a FROM t",
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET b = 1; DELETE FROM t WHERE a = 2; END",
    "CREATE VIRTUAL TABLE notes USING fts5(title, content, tokenize = 'porter')",
    "DROP TABLE t",
    "ALTER TABLE t RENAME TO u",
]

REFUSED = {
    "nothing": ["", ";", " ", "-- c", "/* c */", "\ufeff"],
    "several statements": [
        "SELECT 1; SELECT 2",
        "SELECT 1;;DROP TABLE t",
        "INSERT INTO t VALUES(1); -- c\n DELETE FROM t",
    ],
    "statements with an effect on others": [
        "BEGIN",
        "COMMIT",
        "END",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE a",
        "ATTACH 'x' AS y",
        "DETACH y",
        "VACUUM",
        "VACUUM INTO '/tmp/x'",
        "/**/VACUUM",
        "ANALYZE",
        "REINDEX",
        "EXPLAIN SELECT 1",
        "EXPLAIN QUERY PLAN DELETE FROM t",
        "(SELECT 1)",
        "123",
        "FROM t",
    ],
    "the gateway's tables": [
        "SELECT * FROM _gw_kv",
        "SELECT * FROM _GW_KV",
        'SELECT * FROM "_gw_kv"',
        "SELECT * FROM [_gw_kv]",
        "SELECT * FROM `_gw_kv`",
        "SELECT * FROM '_gw_kv'",
        "SELECT * FROM main._gw_kv",
        'SELECT * FROM "main"."_gw_kv"',
        "SELECT * FROM main . /* x */ _gw_kv",
        "SELECT * FROM t, _gw_kv",
        "SELECT (SELECT value FROM _gw_kv)",
        "WITH a AS (SELECT * FROM _gw_kv) SELECT * FROM a",
        "SELECT 1 WHERE 1 IN _gw_kv",
        "INSERT INTO _gw_kv VALUES(1)",
        "UPDATE _gw_kv SET value = 1",
        "DELETE FROM _gw_kv",
        "DROP TABLE _gw_kv",
        "ALTER TABLE t RENAME TO _gw_x",
        "CREATE TABLE _gw_x(a)",
        "CREATE TABLE _gw(a)",
        "CREATE VIEW v AS SELECT * FROM _gw_kv",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM _gw_kv; END",
        "CREATE TABLE t(a REFERENCES _gw_kv(key))",
        "SELECT * FROM schema_migrations",
        'DELETE FROM "Schema_Migrations"',
        "PRAGMA table_info(_gw_kv)",
        "PRAGMA table_info('_gw_kv')",
    ],
    "SQLite's own": [
        "SELECT * FROM sqlite_master",
        "SELECT * FROM Sqlite_Schema",
        'SELECT * FROM main."sqlite_master"',
        "SELECT * FROM 'sqlite_master'",
        "SELECT * FROM sqlite_temp_master",
        "SELECT * FROM sqlite_sequence",
        "DELETE FROM sqlite_stat1",
        "SELECT * FROM pragma_table_list",
        "SELECT * FROM pragma_table_info('t')",
        "SELECT * FROM dbstat",
        "SELECT load_extension('x')",
        "SELECT \"load_extension\"('x')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('/tmp/x', 'y')",
        "SELECT fts3_tokenizer('x')",
        "SELECT sqlite_version()",
    ],
    "temporary objects": [
        "CREATE TEMP TABLE t(a)",
        "CREATE TEMPORARY VIEW v AS SELECT 1",
        "CREATE TEMP TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TABLE temp.t(a)",
        'SELECT * FROM "temp".t',
        "DROP TABLE [temp] . t",
    ],
    "virtual tables": [
        "CREATE VIRTUAL TABLE v USING fts5vocab(t, row)",
        "CREATE VIRTUAL TABLE v USING fts4(a)",
        "CREATE VIRTUAL TABLE v USING dbstat",
        "CREATE VIRTUAL TABLE v USING csv(filename = '/etc/passwd')",
        "CREATE VIRTUAL TABLE v USING fts5(a, content = 't')",
        "CREATE VIRTUAL TABLE v USING fts5(a, content=t, content_rowid=id)",
        "CREATE VIRTUAL TABLE v USING fts5(a, con = t)",
        "CREATE VIRTUAL TABLE v USING fts5(a, CONTENT = '')",
        "CREATE VIRTUAL TABLE v",
    ],
    "pragmas": [
        "PRAGMA table_list",
        "PRAGMA database_list",
        "PRAGMA query_only = 1",
        "PRAGMA query_only(1)",
        "/*x*/PRAGMA journal_mode(DELETE)",
        "PRAGMA writable_schema = ON",
        "PRAGMA main.table_info(t)",
        "PRAGMA table_info",
        "PRAGMA table_info = t",
        'PRAGMA "table_info"(t)',
        "PRAGMA table_info(t) SELECT",
        "PRAGMA",
        "PRAGMA foreign_keys(t)",
    ],
    "no SQL": [
        "SELECT 'open",
        'SELECT "open',
        "SELECT [open",
        "SELECT 1\0",
        "SELECT 1abc",
        "SELECT \x01",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;",
    ],
}
ATTACKS = [(reason, sql) for reason, statements in REFUSED.items() for sql in statements]


@pytest.mark.parametrize("sql", READS)
def test_reads_pass_as_reads(sql: str) -> None:
    checked = guard.check(sql)
    assert checked.kind is StatementKind.READ
    assert guard.read(sql) == checked
    with pytest.raises(SqlRefused, match="only reads") as refusal:
        guard.write(sql)
    assert refusal.value.code == "not_a_write"


@pytest.mark.parametrize(
    ("sql", "kind"), [(s, StatementKind.CHANGE) for s in CHANGES] + [(s, StatementKind.DDL) for s in DDL]
)
def test_writes_pass_as_writes(sql: str, kind: StatementKind) -> None:
    assert guard.check(sql).kind is kind
    assert guard.write(sql)
    with pytest.raises(SqlRefused, match="writes") as refusal:
        guard.read(sql)
    assert refusal.value.code == "not_a_read"


@pytest.mark.parametrize(("reason", "sql"), ATTACKS)
def test_attacks_are_refused(reason: str, sql: str) -> None:
    with pytest.raises(SqlRefused) as refusal:
        guard.check(sql)
    assert refusal.value.code in {"sql_refused", "sql_error"}, reason
    assert len(refusal.value.message) > 10


def test_comments_and_semicolons_around_the_statement_are_cut() -> None:
    """Old rqlite loops for ever on what follows a statement."""
    assert guard.read(" ;; -- before\n SELECT 1 /* inside */ + 2 ; ; -- after").sql == "SELECT 1 /* inside */ + 2"


@pytest.mark.parametrize("sql", ["CREATE TABLE t(a)", "create index i on t(a)"])
def test_create_takes_create(sql: str) -> None:
    assert guard.create(sql).sql == sql


@pytest.mark.parametrize("sql", ["DROP TABLE t", "SELECT 1", "INSERT INTO t VALUES(1)", "ALTER TABLE t ADD b"])
def test_create_takes_nothing_else(sql: str) -> None:
    with pytest.raises(SqlRefused, match="CREATE") as refusal:
        guard.create(sql)
    assert refusal.value.code == "not_a_create"


def test_a_reserved_word_in_a_text_is_refused_with_the_way_out() -> None:
    with pytest.raises(SqlRefused, match="parameter in args"):
        guard.check("INSERT INTO t VALUES('sqlite_is_great')")


@pytest.mark.parametrize("sql", READS + CHANGES)
def test_what_passes_is_one_statement_for_sqlite_too(sql: str) -> None:
    """An outside judge: SQLite prepares it, and says whether it writes."""
    database = sqlite3.connect(":memory:")
    database.executescript(
        "CREATE TABLE t(a, b, c, _gender, my_gw_name); CREATE TABLE users(id INTEGER PRIMARY KEY, name, a, b);"
        "CREATE TABLE weather(temperature); CREATE TABLE notes(text); CREATE TABLE pairs(x, y)"
    )
    checked = guard.check(sql)
    changes = database.total_changes
    database.execute("PRAGMA query_only = 1")
    refusal = (
        nullcontext()
        if checked.kind is StatementKind.READ
        else pytest.raises(sqlite3.OperationalError, match="readonly")
    )
    with refusal:
        database.execute(checked.sql, (1,) * checked.sql.count("?")).fetchall()
    assert database.total_changes == changes
    database.close()
