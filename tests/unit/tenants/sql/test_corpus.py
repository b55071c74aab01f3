"""Honest statements over the whole of SQLite's grammar: through the gateway's way they do what plain SQLite does."""

from pathlib import Path
from typing import Any

import pytest

from debros.tenants.errors import SqlRefused
from debros.tenants.sql.identifiers import quoted
from testkit import corpus
from testkit.corpus import SCRIPTS, statements, values
from testkit.tenancy import Failed, Tenancy

OURS, NEIGHBOUR = 7, 71


def alone(connection: Any, sql: str) -> Any:
    outcome = corpus.alone(connection, sql)
    return outcome.error or (outcome.columns, list(outcome.rows))


def as_tenant(tenancy: Tenancy, sql: str) -> Any:
    try:
        return tenancy.run(OURS, sql, values(sql))
    except (SqlRefused, Failed) as error:
        return str(error)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_results_and_errors_are_those_of_plain_sqlite(path: Path) -> None:
    connection, tenancy = corpus.plain(), Tenancy()
    for made in ("users(id, name)", "t(a, b)", "items(id)", "docs(title)", "a(id)"):
        tenancy.run(NEIGHBOUR, f"CREATE TABLE {made}")
    different = []
    for sql in statements(path):
        expected, found = alone(connection, sql), as_tenant(tenancy, sql)
        if expected != found:
            different.append((sql, expected, found))
    assert different == []
    assert tenancy.escapes == []
    stored = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    assert as_tenant(tenancy, stored)[1] == alone(connection, stored)[1]
    for table in [row[1] for row in alone(connection, stored)[1] if row[0] == "table"]:
        if not table.startswith("sqlite_"):
            everything = f"SELECT * FROM {quoted(table)}"
            assert as_tenant(tenancy, everything) == alone(connection, everything), table


def test_the_corpus_is_large() -> None:
    """A glob that finds nothing would pass."""
    assert sum(len(statements(path)) for path in SCRIPTS) > 300
