"""Plans: what a statement becomes, what it is refused for, and what is remembered."""

import re

import apsw
import pytest

from debros.tenants.errors import SqlRefused
from debros.tenants.sql.isolation import Isolation
from debros.tenants.sql.plan import StatementKind
from debros.tenants.sql.stored import Stored
from testkit.tenancy import Failed, Tenancy

T = Stored("table", "n7_t", "n7_t", "CREATE TABLE n7_t(a, b)")


@pytest.fixture
def isolation() -> Isolation:
    return Isolation(7, [T])


@pytest.mark.parametrize(
    ("sql", "kind", "keyword"),
    [
        ("SELECT * FROM t", "read", "SELECT"),
        ("VALUES(1)", "read", "VALUES"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "read", "SELECT"),
        ("WITH x AS (SELECT 1) DELETE FROM t", "change", "DELETE"),
        ("REPLACE INTO t VALUES(1, 2)", "change", "REPLACE"),
        ("UPDATE t SET a = 1 RETURNING *", "change", "UPDATE"),
        ("CREATE INDEX i ON t(a)", "ddl", "CREATE"),
        ("PRAGMA table_info(t)", "catalogue", "PRAGMA"),
        ("SELECT name FROM sqlite_master", "catalogue", "SELECT"),
        ("EXPLAIN QUERY PLAN DELETE FROM t", "catalogue", "EXPLAIN"),
    ],
)
def test_kinds(isolation: Isolation, sql: str, kind: str, keyword: str) -> None:
    plan = isolation.plan(sql)
    assert (plan.kind, plan.keyword) == (StatementKind(kind), keyword)


def test_comments_and_semicolons_around_the_statement_are_cut(isolation: Isolation) -> None:
    """Old rqlite loops for ever on what follows a statement."""
    assert (
        isolation.plan(" ;; -- before\n SELECT 1 /* inside */ + 2 ; ; -- after").text() == "SELECT 1 /* inside */ + 2"
    )


def test_a_comment_after_a_new_column_does_not_stand_in_the_table_s_text() -> None:
    """Plain SQLite takes it in without the end of its line, and then misses the bracket behind it."""
    added = "ALTER TABLE t ADD c --\n"
    plain = apsw.Connection(":memory:")
    plain.execute("CREATE TABLE t(a)")
    with pytest.raises(apsw.SQLError, match="after add column: incomplete input"):
        plain.execute(added)
    tenancy = Tenancy()
    for sql in ("CREATE TABLE t(a)", added, "INSERT INTO t(c) VALUES (1)"):
        tenancy.run(7, sql)
    assert tenancy.run(7, "SELECT a, c FROM t") == (("a", "c"), [(None, 1)])


def test_columns_are_named_as_in_the_tenants_own_database(isolation: Isolation) -> None:
    plan = isolation.plan('SELECT t.a || t.b, "a", max(t.b) OVER () FROM t')
    assert plan.columns == ("t.a || t.b", "a", "max(t.b) OVER ()")
    assert plan.physical == ("n7_t.a || n7_t.b", "a", "max(n7_t.b) OVER ()")


def test_double_quotes_are_names_and_never_texts(isolation: Isolation) -> None:
    """rqlited would take "gone" for a text, were there no such column any more."""
    assert isolation.plan('SELECT "a" FROM "t"').text() == 'SELECT `a` FROM "n7_t"'
    with pytest.raises(SqlRefused, match="no such column"):
        isolation.plan('SELECT "gone" FROM t')


def test_plans_are_remembered(isolation: Isolation) -> None:
    assert isolation.plan("SELECT a FROM t") is isolation.plan("SELECT a FROM t")


def test_time_is_the_same_throughout_a_statement_and_new_in_the_next(isolation: Isolation) -> None:
    plan = isolation.plan(
        "INSERT INTO t VALUES(CURRENT_TIMESTAMP, strftime('%s')), (datetime('now', '+1 day'), julianday())"
    )
    text = plan.text()
    assert re.fullmatch(
        r"INSERT INTO n7_t VALUES\('(\S+ \S+)', strftime\('%s', '\1(\.\d{3})'\)\),"
        r" \(datetime\('\1\2', '\+1 day'\), julianday\('\1\2'\)\)",
        text,
    ), text
    assert isolation.plan("SELECT datetime('now')").text() == "SELECT datetime('now')", "a read asks its host"


def test_every_random_has_its_own_value(isolation: Isolation) -> None:
    plan = isolation.plan("INSERT INTO t VALUES(random(), randomblob(4)), (random(), hex(randomblob(2)))")
    values = re.findall(r"\(\d+<<32\|\d+\)|x'[0-9a-f]+'", plan.text())
    assert [len(value) for value in values[1::2]] == [len("x''") + 8, len("x''") + 4]
    assert len(set(values)) == 4
    assert plan.text() != plan.text()


def test_names_that_are_called_like_time_stay_names() -> None:
    isolation = Isolation(
        7, [Stored("table", "n7_date", "n7_date", 'CREATE TABLE n7_date("current_date", random, time)')]
    )
    sql = "INSERT INTO date(random, time) VALUES(1, 2)"
    assert isolation.plan(sql).text() == "INSERT INTO n7_date(random, time) VALUES(1, 2)"


def test_left_out_defaults_are_supplied() -> None:
    tenancy = Tenancy()
    tenancy.run(7, "CREATE TABLE src(a)")
    tenancy.run(7, "INSERT INTO src VALUES(1), (2)")
    tenancy.run(
        7,
        "CREATE TABLE d(a, at DEFAULT CURRENT_TIMESTAMP, day DEFAULT (date('now', '+1 day')),"
        " k DEFAULT (hex(randomblob(3))), fix DEFAULT 5)",
    )
    tenancy.run(7, "INSERT INTO d(a) VALUES(1), (2)")
    tenancy.run(7, "INSERT INTO d DEFAULT VALUES")
    tenancy.run(7, "INSERT INTO d(a, k) SELECT a, 'k' FROM src UNION SELECT a + 5, 'l' FROM src ORDER BY 1")
    tenancy.run(7, "WITH x AS (SELECT 9 AS a) INSERT INTO d(a, k, at) SELECT a, 'x', 'given' FROM x")
    _, rows = tenancy.run(7, "SELECT a, length(at), length(day), length(k), fix FROM d ORDER BY rowid")
    assert rows == [
        (1, 19, 10, 6, 5), (2, 19, 10, 6, 5), (None, 19, 10, 6, 5), (1, 19, 10, 1, 5), (2, 19, 10, 1, 5),
        (6, 19, 10, 1, 5), (7, 19, 10, 1, 5), (9, 5, 10, 1, 5),
    ]  # fmt: skip
    assert tenancy.run(7, "SELECT count(DISTINCT k) FROM d WHERE length(k) = 6")[1] == [(3,)]
    with pytest.raises(SqlRefused, match="the default of column k is random"):
        tenancy.run(7, "INSERT INTO d(a) SELECT a FROM src")


def test_a_default_left_to_the_database_fails_there() -> None:
    tenancy = Tenancy()
    tenancy.run(7, "CREATE TABLE d(a, at NOT NULL ON CONFLICT REPLACE DEFAULT CURRENT_TIMESTAMP)")
    with pytest.raises(Failed, match="default is the time or random"):
        tenancy.run(7, "INSERT INTO d VALUES(1, NULL)")
    assert tenancy.run(7, "SELECT sql FROM sqlite_master")[1] == [
        ("CREATE TABLE d(a, at NOT NULL ON CONFLICT REPLACE DEFAULT CURRENT_TIMESTAMP)",)
    ]


def test_a_batch_sees_its_own_definitions_and_leaves_nothing(isolation: Isolation) -> None:
    plans = isolation.batch(["CREATE TABLE u(x DEFAULT CURRENT_DATE, y)", "INSERT INTO u(y) VALUES(1)", "DROP TABLE t"])
    assert [plan.kind for plan in plans] == ["ddl", "change", "ddl"]
    assert plans[1].text().startswith('INSERT INTO n7_u(y, "x") VALUES(1, (')
    with pytest.raises(SqlRefused, match="no such table: u"):
        isolation.plan("SELECT * FROM u")
    assert isolation.plan("SELECT * FROM t")


def test_a_batch_names_the_statement_that_fails(isolation: Isolation) -> None:
    with pytest.raises(SqlRefused, match=r"^index 1: no such table: nope") as refusal:
        isolation.batch(["CREATE TABLE u(x)", "SELECT * FROM nope", "VACUUM"])
    assert refusal.value.index == 1
    assert isolation.batch(["CREATE TABLE u(x)"])


def test_a_view_may_be_broken_within_a_transaction_only() -> None:
    isolation = Isolation(7, [T, Stored("view", "n7_v", "n7_v", "CREATE VIEW n7_v AS SELECT a FROM n7_t")])
    with pytest.raises(SqlRefused, match="v would not work any more: no such table"):
        isolation.batch(["DROP TABLE t"])
    assert isolation.batch(["DROP TABLE t", "CREATE TABLE t(a, c)"])
    assert isolation.batch(["DROP TABLE t", "DROP VIEW v"])
    with pytest.raises(SqlRefused, match="would not work any more: no such column: a"):
        isolation.batch(["DROP TABLE t", "CREATE TABLE t(other)"])


def test_what_was_broken_before_hinders_nobody() -> None:
    isolation = Isolation(7, [T, Stored("view", "n7_v", "n7_v", "CREATE VIEW n7_v AS SELECT a FROM n7_gone")])
    assert isolation.batch(["CREATE TABLE u(x)", "DROP VIEW v"])


def test_views_of_views_have_a_weight() -> None:
    tenancy = Tenancy()
    tenancy.run(7, "CREATE TABLE t(a)")
    tenancy.run(7, "CREATE VIEW v0 AS SELECT a FROM t")
    made = 0
    with pytest.raises(SqlRefused, match="would not work any more"):  # noqa: PT012 - which one fails is SQLite's matter
        while made < 20:
            made += 1
            tenancy.run(7, f"CREATE VIEW v{made} AS SELECT x.a FROM v{made - 1} x, v{made - 1} y")
    assert tenancy.run(7, "SELECT * FROM v5") == (("a",), [])


def test_too_many_tables() -> None:
    isolation = Isolation(7, [T], max_tables=2)
    assert isolation.batch(["CREATE TABLE u(x)", "CREATE TABLE w(x)", "DROP TABLE t"])
    with pytest.raises(SqlRefused, match="may have 2 tables") as refusal:
        isolation.batch(["CREATE TABLE u(x)", "CREATE VIEW w AS SELECT 1"])
    assert refusal.value.code == "too_many_tables"
    lowered = Isolation(7, [T, Stored("table", "n7_u", "n7_u", "CREATE TABLE n7_u(a)")], max_tables=0)
    assert lowered.batch(["DROP TABLE t"]), "who has more than is allowed can drop some"


def test_the_catalogue_takes_so_many_steps_and_no_more(isolation: Isolation) -> None:
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c, sqlite_master"
    assert isolation.plan(endless).kind is StatementKind.CATALOGUE
    with pytest.raises(SqlRefused, match="too many steps"):
        isolation.ask(endless)


def test_the_catalogue_takes_parameters(isolation: Isolation) -> None:
    answer = isolation.ask("SELECT name, sql FROM sqlite_master WHERE name = ?", ["t"])
    assert (answer.columns, answer.values) == (["name", "sql"], [["t", "CREATE TABLE t(a, b)"]])


def test_an_object_that_this_sqlite_does_not_take_is_left_out() -> None:
    isolation = Isolation(7, [T, Stored("table", "n7_x", "n7_x", "CREATE TABLE n7_x(a) FROM THE FUTURE")])
    assert isolation.shadow.unusable == ["n7_x"]
    assert isolation.plan("SELECT * FROM t")
    with pytest.raises(SqlRefused, match="no such table: x"):
        isolation.plan("SELECT * FROM x")


@pytest.mark.parametrize(
    ("sql", "blind"),
    [
        ("INSERT INTO t VALUES(1, 2)", False),
        ("REPLACE INTO t VALUES(1, 2)", False),
        ("INSERT INTO t VALUES(1, 2) ON CONFLICT DO NOTHING", False),
        ("INSERT INTO u(a) VALUES(1) ON CONFLICT(a) DO UPDATE SET b = 2", True),
        ('WITH x AS (VALUES(1)) INSERT INTO "W" SELECT * FROM x', True),
        ("INSERT INTO v VALUES(1)", True),
        ("INSERT INTO f(text) VALUES('x')", False),
        ("UPDATE w SET a = 2", False),
        ("DELETE FROM w", False),
    ],
)
def test_which_inserts_may_leave_the_last_row_id_of_others_standing(sql, blind) -> None:
    trigger = "CREATE TRIGGER n7_r INSTEAD OF INSERT ON n7_v BEGIN DELETE FROM n7_t; END"
    objects = [
        T,
        Stored("table", "n7_u", "n7_u", "CREATE TABLE n7_u(a UNIQUE, b)"),
        Stored("table", "n7_w", "n7_w", "CREATE TABLE n7_w(a PRIMARY KEY) WITHOUT ROWID"),
        Stored("table", "n7_f", "n7_f", "CREATE VIRTUAL TABLE n7_f USING fts5(text)"),
        Stored("view", "n7_v", "n7_v", "CREATE VIEW n7_v AS SELECT a FROM n7_t"),
        Stored("trigger", "n7_r", "n7_v", trigger),
    ]
    assert Isolation(7, objects).plan(sql).blind is blind
