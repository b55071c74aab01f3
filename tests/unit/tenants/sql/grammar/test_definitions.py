"""Where names of objects stand: marked with a section sign."""

import pytest

from debros.rqlite.sqltext import tokens
from debros.tenants.sql.grammar import definitions
from debros.tenants.sql.grammar.expressions import TooDeep
from debros.tenants.sql.grammar.scopes import weight

MARKED = [
    "SELECT §users.id, u.x FROM §users, §t AS u WHERE §users.a IN §t2 AND x IN (SELECT y FROM §z WHERE §z.q = u.id)",
    "WITH users AS (SELECT * FROM main.§users) SELECT * FROM users JOIN §b USING (id) LEFT JOIN (§c JOIN §d ON §c.i)",
    "INSERT INTO §users AS u(a) VALUES(1) ON CONFLICT(a) DO UPDATE SET b = excluded.b WHERE u.b < 1 RETURNING u.id",
    "INSERT INTO §t(a) WITH q AS (SELECT 1) SELECT a FROM q UNION SELECT b FROM §w",
    "UPDATE OR IGNORE §users INDEXED BY §i SET (b, c) = (1, 2) FROM §y, (SELECT 1 FROM §k) z WHERE §users.id = §y.id",
    "DELETE FROM main.§users NOT INDEXED WHERE §users.id NOT IN §other RETURNING *",
    "CREATE TABLE §x(id INT REFERENCES §other(id) ON DELETE SET NULL, CHECK(§x.id > 0), FOREIGN KEY(a) REFERENCES §p)",
    "CREATE UNIQUE INDEX §ix ON §users(a, lower(b) COLLATE nocase DESC) WHERE §users.a IS NOT NULL",
    "CREATE TRIGGER §tr AFTER UPDATE OF a ON §users WHEN new.a BEGIN INSERT INTO §log SELECT new.a FROM §users; END",
    "CREATE VIEW §v(a, b) AS SELECT §t.a, q.b FROM §t LEFT OUTER JOIN (SELECT b FROM §u) q ON q.b = §t.a",
    "ALTER TABLE §users ADD COLUMN x INT REFERENCES §t(a)",
    "ALTER TABLE §users RENAME COLUMN a TO b",
    "ALTER TABLE §users RENAME TO §people",
    "DROP TRIGGER IF EXISTS main.§tr",
    "SELECT §docs, highlight(§docs, 0, 'a', 'b') FROM §docs WHERE §docs MATCH 'x' AND §docs.§docs = 'y'",
    "SELECT d.§docs, docs FROM §docs AS d JOIN §t docs ON docs.a = 1",
    "SELECT a IS NOT DISTINCT FROM b FROM §t WINDOW w AS (PARTITION BY §t.a ORDER BY b)",
    "SELECT value FROM §t, json_each(§t.j) WHERE json_each.value > 1",
    "SELECT [§t].a, `§u`.b FROM [§t], `§u`",
    "SELECT left.i, replace.x FROM §left AS left CROSS JOIN §replace AS replace",
]
# An alias hides the table's own name, but the hidden column of an fts5 table keeps it.
HIDDEN = {"docs"}


@pytest.mark.parametrize("marked", MARKED)
def test_names_of_objects(marked: str) -> None:
    sql = marked.replace("§", "")
    found = list(tokens(sql))
    roles = definitions.read(found, HIDDEN, HIDDEN)
    shown, last = "", 0
    for place in sorted(roles.objects | roles.hidden):
        start = found[place].start + (found[place].kind != "word")
        shown, last = f"{shown}{sql[last:start]}§", start
    if "docs AS d JOIN" in sql:  # a column may be meant, or the alias; SQLite decides at the proof
        marked = marked.replace(", docs FROM", ", §docs FROM")
    assert shown + sql[last:] == marked


def test_no_sql_is_read_as_far_as_it_goes() -> None:
    for sql in (
        "SELECT",
        "INSERT INTO",
        "CREATE",
        "WITH x AS",
        "UPDATE t SET",
        "ALTER TABLE t",
        "SELECT * FROM (((",
        ") ) ,",
    ):
        assert definitions.read(list(tokens(sql)))


def test_depth_is_bounded() -> None:
    with pytest.raises(TooDeep):
        definitions.read(list(tokens("SELECT " + "(" * 500 + "1" + ")" * 500)))


def test_weight_counts_what_is_expanded() -> None:
    def of(sql: str, views: dict[str, int] | None = None) -> int:
        return weight(definitions.read(list(tokens(sql))).body, views or {}, 1000)

    assert of("SELECT * FROM t") == 2
    assert of("SELECT * FROM v, v", {"v": 10}) == 21
    assert of("WITH a AS (SELECT * FROM t, t), b AS (SELECT * FROM a, a) SELECT * FROM b, b") == 15
    chain = ", ".join(f"c{n} AS (SELECT 1 FROM c{n - 1}, c{n - 1})" for n in range(1, 40))
    assert of(f"WITH c0 AS (SELECT 1), {chain} SELECT * FROM c39") > 1000
    assert of("WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x FROM r) SELECT * FROM r") == 3
