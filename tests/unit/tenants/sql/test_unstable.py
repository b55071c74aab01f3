"""Time and randomness in a text: SQLite is the judge of what the settled text means."""

from datetime import UTC, datetime

import apsw
import pytest

from debros.rqlite.sqltext import tokens
from debros.tenants.errors import SqlRefused
from debros.tenants.sql import template, unstable

NOW = datetime(2026, 2, 28, 23, 59, 58, 765_432, UTC)


def settled(sql: str) -> str:
    return template.text(template.edited(sql, unstable.edits(list(tokens(sql)), ())), NOW)


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT CURRENT_TIMESTAMP", "2026-02-28 23:59:58"),
        ("SELECT current_date || CURRENT_TIME", "2026-02-2823:59:58"),
        ("SELECT datetime()", "2026-02-28 23:59:58"),
        ("SELECT datetime('now', '+1 day')", "2026-03-01 23:59:58"),
        ("SELECT date('NOW', 'start of month')", "2026-02-01"),
        ("SELECT strftime('%Y-%f')", "2026-58.765"),
        ("SELECT strftime('%Y', 'now', '-1 year')", "2025"),
        ("SELECT unixepoch('now')", 1772323198),
        ("SELECT time(datetime('now'), '+2 seconds')", "00:00:00"),
        ("SELECT julianday('now') - julianday()", 0.0),
        ("SELECT timediff('now', '2026-02-28')", "+0000-00-00 23:59:58.765"),
        ("SELECT date('2020-01-01')", "2020-01-01"),
        ("SELECT strftime('now', 0)", "now"),
        ("SELECT 'now'", "now"),
        ("SELECT date FROM (SELECT 'x' AS date)", "x"),
        ("SELECT typeof(random()) || length(randomblob(7)) || length(randomblob(0))", "integer71"),
        ("SELECT 1 ORDER BY random()", 1),
    ],
)
def test_what_a_settled_text_gives(sql: str, value: object) -> None:
    text = settled(sql)
    assert not unstable.is_unstable(list(tokens(text)))
    assert list(apsw.Connection(":memory:").execute(text)) == [(value,)]


@pytest.mark.parametrize("sql", ["SELECT randomblob(?)", "SELECT randomblob(65537)", "SELECT randomblob(1 + 1)"])
def test_what_cannot_be_settled(sql: str) -> None:
    with pytest.raises(SqlRefused, match="plain number"):
        settled(sql)


def test_random_numbers_have_both_signs() -> None:
    connection = apsw.Connection(":memory:")
    found = {next(connection.execute(settled("SELECT random() < 0")))[0] for _ in range(64)}
    assert found == {0, 1}


def test_parameters_that_are_times() -> None:
    found = list(tokens("SELECT datetime(?), ?, strftime(?, ?), date(? || '')"))
    assert len(unstable.time_parameters(found)) == 2
