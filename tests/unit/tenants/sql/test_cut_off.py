"""Statements that end too early: SQLite says what is missing, nothing of ours stumbles first."""

import contextlib

import pytest

from debros.rqlite.sqltext import tokens
from debros.tenants.errors import SqlRefused
from debros.tenants.sql.isolation import Isolation
from debros.tenants.sql.stored import Stored

WHOLE = """
CREATE TABLE IF NOT EXISTS main . c(a INT DEFAULT (now), b TEXT DEFAULT CURRENT_TIMESTAMP CHECK (b > main .
a), PRIMARY KEY (a), FOREIGN KEY (b) REFERENCES t(a) ON DELETE SET NULL) STRICT, WITHOUT ROWID

CREATE TABLE c AS SELECT * FROM t LEFT JOIN t AS u USING (a)

CREATE UNIQUE INDEX i ON t(a COLLATE NOCASE, lower(b) DESC) WHERE a > 1

CREATE TRIGGER g AFTER UPDATE OF a ON t FOR EACH ROW WHEN new . a > 1 BEGIN UPDATE t SET b = old . b; END

CREATE VIRTUAL TABLE f USING fts5(a, content = 't')

ALTER TABLE t ADD COLUMN c DEFAULT CURRENT_TIMESTAMP REFERENCES t(a)

WITH RECURSIVE x(n) AS NOT MATERIALIZED (VALUES(1) UNION ALL SELECT n + 1 FROM x LIMIT 3) SELECT n, sum(n)
FILTER (WHERE n > 1) OVER (PARTITION BY n ORDER BY n ROWS 1 PRECEDING) FROM x, json_each('[1]') AS j WINDOW w
AS (x)

INSERT INTO t AS u(a, b) SELECT 1, 2 WHERE 1 ON CONFLICT (a) DO UPDATE SET b = excluded . b RETURNING *, u . a

UPDATE OR IGNORE main . t INDEXED BY i SET (a, b) = (SELECT 1, 2) FROM t AS u WHERE t . a NOT IN (u . b)
RETURNING a

DELETE FROM t WHERE EXISTS (SELECT CASE WHEN CAST(a AS INT) THEN 1 ELSE b END FROM t) ORDER BY a LIMIT 1
OFFSET 2

EXPLAIN QUERY PLAN SELECT a FROM t GROUP BY a HAVING count(DISTINCT b) BETWEEN 1 AND 2
""".strip().split("\n\n")


@pytest.mark.parametrize("whole", WHOLE)
def test_every_beginning_and_every_statement_without_one_token(whole: str) -> None:
    isolation = Isolation(7, [Stored("table", "n7_t", "n7_t", "CREATE TABLE n7_t(a, b)")])
    words = [token.text for token in tokens(whole)]
    for place in range(1, len(words)):
        for cut in (words[:place], words[: place - 1] + words[place:], [*words[:place], "main", "."]):
            with contextlib.suppress(SqlRefused):
                isolation.plan(" ".join(cut))
