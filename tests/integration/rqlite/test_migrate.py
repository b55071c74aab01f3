"""Migrations on a real rqlited."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from debros.rqlite import migrate
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import Unavailable
from debros.rqlite.migrate import MigrationError, MigrationStatus, State, load_directory
from debros.rqlite.types import Statement

REPOSITORY = Path(__file__).parents[3]
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def write(directory, **files):
    for name, text in files.items():
        (directory / f"{name}.sql").write_text(text)
    return load_directory(directory)


async def tables(client):
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    return [name for (name,) in (await client.query(Statement(sql))).values]


async def test_up_and_up_again(fresh, tmp_path):
    files = {
        "001_a": "CREATE TABLE a (x TEXT); -- ; \nINSERT INTO a VALUES ('it''s; -- fine');",
        "002_b": "CREATE TRIGGER tr AFTER INSERT ON a BEGIN\n  UPDATE a SET x = 'seen;';\n  SELECT 1;\nEND;\n"
        "INSERT INTO a VALUES ('y');",
    }
    migrations = write(tmp_path, **files)
    assert [line.state for line in await migrate.status(fresh, migrations)] == [State.PENDING] * 2
    assert await tables(fresh) == []
    assert await migrate.apply(fresh, migrations, now=lambda: NOON) == migrations
    assert (await fresh.query(Statement("SELECT x FROM a"))).values == [["seen;"], ["seen;"]]
    assert await migrate.apply(fresh, migrations) == []
    assert await migrate.status(fresh, migrations) == [
        MigrationStatus(1, "a", State.APPLIED, "2026-01-02T12:00:00+00:00"),
        MigrationStatus(2, "b", State.APPLIED, "2026-01-02T12:00:00+00:00"),
    ]
    more = write(tmp_path, **{"003_c": "DROP TRIGGER tr"})
    assert await migrate.apply(fresh, more) == more[2:]


async def test_eight_gateways_starting_at_once(fresh, tmp_path):
    files = {f"{n:03}_m": f"CREATE TABLE t{n} (a);\nINSERT INTO t{n} VALUES (1);" for n in range(1, 6)}
    migrations = write(tmp_path, **files)
    done = await asyncio.gather(*(migrate.apply(fresh, migrations) for _ in range(8)))
    # Each file was applied by exactly one of them, and every one returned only when all were applied.
    assert sorted(migration.version for applied in done for migration in applied) == [1, 2, 3, 4, 5]
    for n in range(1, 6):
        assert (await fresh.query(Statement(f"SELECT count(*) FROM t{n}"))).values == [[1]]


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        (
            "CREATE TABLE b (x);\n\n-- why\nINSERT INTO nowhere VALUES (1);\n",
            "statement 2, line 4: no such table: nowhere",
        ),
        ("CREATE TABLE b (x);\nCREATE TABLE b (x);", "statement 2, line 2: table b already exists"),
        ("CREATE TABLE b (x);\nINSERT INTO a VALUES (1), (1);", "statement 2, line 2: UNIQUE constraint failed: a.x"),
        ("INSERT INTO a VALUES (9);\nCREATE TABEL c (x);", 'statement 2, line 2: near "TABEL": syntax error'),
        ("SELEC 1;", 'statement 1, line 1: near "SELEC": syntax error'),
    ],
)
async def test_a_failing_file_changes_nothing(fresh, tmp_path, bad, place):
    migrations = write(tmp_path, **{"001_a": "CREATE TABLE a (x UNIQUE)", "002_b": bad, "003_c": "CREATE TABLE c (x)"})
    for _ in range(2):
        with pytest.raises(MigrationError) as caught:
            await migrate.apply(fresh, migrations)
        assert str(caught.value) == f"002_b.sql: {place}"
        assert await tables(fresh) == ["a", "schema_migrations"]
        assert (await fresh.query(Statement("SELECT count(*) FROM a"))).values == [[0]]
        states = [line.state for line in await migrate.status(fresh, migrations)]
        assert states == [State.APPLIED, State.PENDING, State.PENDING]
    mended = write(tmp_path, **{"002_b": "CREATE TABLE b (x)"})
    assert await migrate.apply(fresh, mended) == mended[1:]


async def test_history_must_stay_as_it_was(fresh, tmp_path):
    migrations = write(tmp_path, **{"001_a": "CREATE TABLE a (x)", "002_b": "CREATE TABLE b (x)"})
    await migrate.apply(fresh, migrations)

    changed = write(tmp_path, **{"001_a": "CREATE TABLE a (x, y)", "003_c": "CREATE TABLE c (x)"})
    with pytest.raises(MigrationError, match=r"^001_a.sql: differs from 001_a.sql as applied at .*restore it"):
        await migrate.apply(fresh, changed)
    assert [line.state for line in await migrate.status(fresh, changed)] == [
        State.CHANGED, State.APPLIED, State.PENDING,
    ]  # fmt: skip

    with pytest.raises(MigrationError, match=r"^migration 002_b.sql was applied at .* the file is missing"):
        await migrate.apply(fresh, migrations[:1])
    assert [line.state for line in await migrate.status(fresh, migrations[:1])] == [State.APPLIED, State.MISSING]

    (tmp_path / "002_b.sql").rename(tmp_path / "002_renamed.sql")
    (tmp_path / "001_a.sql").write_text("CREATE TABLE a (x)")
    with pytest.raises(MigrationError, match=r"^002_renamed.sql: differs from 002_b.sql"):
        await migrate.apply(fresh, load_directory(tmp_path))
    assert "c" not in await tables(fresh)


async def test_our_own_schema(fresh):
    migrations = load_directory(REPOSITORY / "migrations")
    assert await migrate.apply(fresh, migrations) == migrations
    put = (
        "INSERT INTO _gw_kv (key, value, size, created_at, updated_at) VALUES (?, unhex(?), ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value, size = excluded.size"
    )
    for data in (b"old", b"\x00\xffnew"):
        await fresh.execute(Statement(put, ["ns::a::k%_", data.hex(), len(data), 1, 1]))
    result = await fresh.query(Statement("SELECT key, value, size, length(value) FROM _gw_kv"))
    assert result.values == [["ns::a::k%_", "AP9uZXc=", 5, 5]]
    namespace = "INSERT INTO _gw_namespaces (name, created_at) VALUES (?, 1)"
    first = await fresh.execute(Statement(namespace, ["a"]))
    await fresh.execute(Statement("DELETE FROM _gw_namespaces"))
    second = await fresh.execute(Statement(namespace, ["a"]))
    assert second.last_insert_id > first.last_insert_id


async def test_a_database_that_cannot_be_reached_is_not_a_migration_error(tmp_path):
    migrations = write(tmp_path, **{"001_a": "CREATE TABLE a (x)"})
    async with RqliteClient(["http://127.0.0.1:1"]) as nobody:
        with pytest.raises(Unavailable):
            await migrate.apply(nobody, migrations)
