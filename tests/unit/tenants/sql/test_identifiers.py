"""Names: whose they are, and what a message shows of them."""

import pytest

from debros.tenants.sql import identifiers


@pytest.mark.parametrize(
    "name", ["n8_users", "N12_X", "_gw_kv", "_gwx", "sqlite_master", "SQLITE_x", "pragma_x", "schema_migrations"]
)
def test_reserved(name: str) -> None:
    assert identifiers.is_reserved(name)


@pytest.mark.parametrize(
    "name", ["users", "n", "n8", "n_8", "nn8_x", "n8x_", "_g", "sqlite", "sqlite_version", "x_gw_kv"]
)
def test_not_reserved(name: str) -> None:
    assert not identifiers.is_reserved(name)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("UNIQUE constraint failed: n7_users.email", "UNIQUE constraint failed: users.email"),
        ("error in view n7_v: no such table: main.n7_t", "error in view v: no such table: main.t"),
        ("error in view n900_v: no such column", "error in view (another object): no such column"),
        ("CHECK constraint failed: n7_t.a > 0 AND n77_x", "CHECK constraint failed: t.a > 0 AND (another object)"),
        ("xn7_y stays", "xn7_y stays"),
    ],
)
def test_messages(message: str, shown: str) -> None:
    assert identifiers.in_own_words(message, "n7_") == shown
