"""Whether a backup fits the gateway that is installed."""

import sqlite3
from contextlib import closing

import pytest

from debros.hosts.snapshots import migrations
from debros.rqlite import migrate


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "migrations"
    path.mkdir()
    (path / "001_first.sql").write_text("CREATE TABLE a (a);")
    (path / "002_second.sql").write_text("CREATE TABLE b (a);")
    return path


def backup(tmp_path, rows):
    path = tmp_path / "b.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name, checksum, applied_at)")
        database.executemany("INSERT INTO schema_migrations VALUES (?, ?, ?, '')", rows)
        database.commit()
    return path


def rows(directory):
    return [(each.version, each.name, each.checksum) for each in migrate.load_directory(directory)]


def test_the_same_is_nothing_to_say(tmp_path, directory) -> None:
    assert migrations.compare(backup(tmp_path, rows(directory)), directory) == migrations.Fit()


def test_an_older_backup_will_be_migrated(tmp_path, directory) -> None:
    fit = migrations.compare(backup(tmp_path, rows(directory)[:1]), directory)
    (said,) = fit.warnings
    assert not fit.refusals
    assert "002_second.sql" in said


def test_a_newer_backup_needs_a_newer_release(tmp_path, directory) -> None:
    (said,) = migrations.compare(backup(tmp_path, [*rows(directory), (3, "third", "x")]), directory).refusals
    assert "003 (third)" in said
    assert "newer release" in said


def test_a_changed_migration_is_told(tmp_path, directory) -> None:
    first, second = rows(directory)
    (said,) = migrations.compare(backup(tmp_path, [first, (*second[:2], "x")]), directory).refusals
    assert "002 (second)" in said


def test_no_gateway_is_told(tmp_path, directory) -> None:
    path = tmp_path / "empty.sqlite"
    path.write_bytes(b"")
    assert "no tables of a gateway" in migrations.compare(path, directory).warnings[0]
