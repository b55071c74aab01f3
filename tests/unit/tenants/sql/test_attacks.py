"""What a tenant may not do is refused, and what is let through stays inside its own tables."""

import pytest

from debros.tenants.errors import SqlRefused
from debros.tenants.sql.plan import StatementKind
from testkit.attacks import HARMLESS, REFUSED, ROWS, SCHEMA, SECRET
from testkit.tenancy import Failed, Tenancy

ATTACKER, VICTIM, OTHER = 7, 8, 77
CASES = [(reason, sql) for reason, statements in REFUSED.items() for sql in statements]


@pytest.fixture(scope="module")
def tenancy() -> Tenancy:
    made = Tenancy()
    for namespace, text in ((ATTACKER, "plain"), (VICTIM, SECRET), (OTHER, SECRET)):
        for sql in (*SCHEMA, *ROWS):
            made.run(namespace, sql.format(text=text))
    return made


def run(tenancy: Tenancy, sql: str) -> None:
    """Go as far as a statement can without a database."""
    plan = tenancy.isolation(ATTACKER).plan(sql)
    if plan.kind is StatementKind.CATALOGUE:
        tenancy.isolation(ATTACKER).ask(sql)


@pytest.mark.parametrize(("reason", "sql"), CASES, ids=[sql[:60] for _, sql in CASES])
def test_attacks_are_refused(tenancy: Tenancy, reason: str, sql: str) -> None:
    with pytest.raises(SqlRefused) as refusal:
        run(tenancy, sql)
    assert refusal.value.code in {"sql_refused", "sql_error"}, reason
    assert len(refusal.value.message) > 10
    assert "n7_" in sql or "n7_" not in refusal.value.message


@pytest.mark.parametrize("sql", HARMLESS)
def test_what_only_looks_like_an_attack_stays_inside(tenancy: Tenancy, sql: str) -> None:
    columns, rows = tenancy.run(ATTACKER, sql)
    assert tenancy.escapes == []
    assert SECRET not in repr(rows)
    assert "n7_" not in repr((columns, rows))


def test_the_victim_sees_its_own(tenancy: Tenancy) -> None:
    """The traps work: the same statement shows the secret to its owner."""
    assert SECRET in repr(tenancy.run(VICTIM, "SELECT * FROM users"))


def test_the_watch_sees_an_escape(tenancy: Tenancy) -> None:
    """The traps work: what would be one is noted."""
    for text in (
        "SELECT * FROM n8_users",
        "SELECT 1 FROM _gw_kv",
        "SELECT sql FROM sqlite_master",
        "SELECT 1 FROM dbstat",
    ):
        tenancy.send(ATTACKER, text)
        assert tenancy.escapes.pop()[1] == text
        tenancy.escapes.clear()


def test_no_message_names_a_physical_object(tenancy: Tenancy) -> None:
    for sql in (
        "INSERT INTO users VALUES(1, 'x', 1)",
        "CREATE TABLE users(a)",
        "CREATE INDEX by_name ON notes(text)",
        "DROP VIEW users",
        "DROP TABLE users",
        "ALTER TABLE users DROP COLUMN name",
        "INSERT INTO adults VALUES(1, 'x')",
        "SELECT * FROM docs WHERE docs MATCH '\"'",
        "SELECT nope FROM users",
        "INSERT INTO users(nope) VALUES(1)",
    ):
        with pytest.raises((SqlRefused, Failed)) as refusal:
            tenancy.run(ATTACKER, sql)
        assert "n7_" not in str(refusal.value), sql
