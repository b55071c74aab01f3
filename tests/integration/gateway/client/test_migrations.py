"""An application's migrations through the client library."""

import asyncio

import pytest

from debros.client import MigrationError

FIRST = """CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT); -- a comment; with a semicolon
INSERT INTO users(name) VALUES ('it''s; me');
"""
SECOND = """CREATE TABLE log(n);
CREATE TRIGGER noted AFTER INSERT ON users BEGIN
  INSERT INTO log VALUES (new.id);
  INSERT INTO log VALUES (-new.id);
END;
"""


@pytest.fixture
async def gateway(make_gateway, own_keys):
    return await make_gateway(api_keys=own_keys)


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "migrations"
    path.mkdir()
    (path / "001_users.sql").write_text(FIRST)
    (path / "002_log.sql").write_text(SECOND)
    return path


async def test_files_are_applied_once_and_in_order(client, directory) -> None:
    assert [(one.version, one.state) for one in await client.migrations.status(directory)] == [
        (1, "pending"),
        (2, "pending"),
    ]
    assert [one.file for one in await client.migrations.apply(directory)] == ["001_users.sql", "002_log.sql"]
    assert await client.migrations.apply(str(directory)) == []
    (directory / "003_more.sql").write_text("INSERT INTO users(name) VALUES ('Ann')")
    assert [one.name for one in await client.migrations.apply(directory)] == ["more"]
    assert (await client.database.query("SELECT n FROM log ORDER BY n")).values == [[-2], [2]]
    assert {one.state for one in await client.migrations.status(directory)} == {"applied"}


async def test_many_runners_at_once_apply_each_once(client, connect, gateway, directory) -> None:
    runners = [client, *(connect(gateway) for _ in range(5))]
    applied = await asyncio.gather(*(one.migrations.apply(directory) for one in runners))
    assert sorted(one.version for some in applied for one in some) == [1, 2]
    assert (await client.database.query("SELECT count(*) FROM users")).scalar() == 1


async def test_texts_are_steps(client) -> None:
    steps = {"users": FIRST, "log": SECOND}
    assert len(await client.migrations.apply(steps)) == 2
    steps["more"] = "INSERT INTO users(name) VALUES ('Ann')"
    assert [one.file for one in await client.migrations.apply(steps)] == ["003_more.sql"]


async def test_one_that_fails_changes_nothing_and_names_the_line(client, directory) -> None:
    (directory / "003_bad.sql").write_text("CREATE TABLE t(n);\n\nINSERT INTO nobody VALUES (1);\n")
    with pytest.raises(MigrationError, match=r"003_bad\.sql: statement 2, line 3: .*no such table: nobody") as error:
        await client.migrations.apply(directory)
    assert error.value.request_id
    assert [table.name for table in await client.database.schema()] == ["log", "schema_migrations", "users"]
    assert [one.state for one in await client.migrations.status(directory)] == ["applied", "applied", "pending"]


async def test_what_was_applied_must_stay_as_it_was(client, directory) -> None:
    await client.migrations.apply(directory)
    (directory / "001_users.sql").write_text(FIRST + "-- changed\n")
    with pytest.raises(MigrationError, match=r"001_users\.sql: differs from"):
        await client.migrations.apply(directory)
    assert [one.state for one in await client.migrations.status(directory)] == ["changed", "applied"]
    (directory / "001_users.sql").write_text(FIRST)
    (directory / "002_log.sql").unlink()
    with pytest.raises(MigrationError, match="the file is missing"):
        await client.migrations.apply(directory)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"a": "BEGIN; SELECT 1"}, "migration 'a': line 1: BEGIN is not allowed"),
        ({"a": " -- nothing"}, "there is no statement"),
        ({"a": "SELECT 'x"}, "migration 'a': line 1: unrecognized token"),
        ("/nowhere/migrations", "No such file"),
    ],
)
async def test_what_cannot_be_loaded(client, source, told) -> None:
    for call in (client.migrations.apply, client.migrations.status):
        with pytest.raises(MigrationError, match=told):
            await call(source)
