import hashlib
from pathlib import Path

import pytest

from debros.rqlite import migrate
from debros.rqlite.migrate import MigrationError, load_directory

REPOSITORY = Path(__file__).parents[3]


def write(directory, **files):
    for name, text in files.items():
        (directory / f"{name}.sql").write_text(text)
    return directory


def test_files_in_order(tmp_path):
    write(tmp_path, **{"002_b": "SELECT 1;", "001_a-x": "-- one\nCREATE TABLE t(a);\n\nINSERT INTO t VALUES (';');"})
    (tmp_path / "README.md").write_text("not a migration")
    first, second = load_directory(tmp_path)
    assert (first.version, first.name, first.file) == (1, "a-x", "001_a-x.sql")
    assert first.statements == (("CREATE TABLE t(a)", 2), ("INSERT INTO t VALUES (';')", 4))
    assert first.checksum == hashlib.sha256((tmp_path / "001_a-x.sql").read_bytes()).hexdigest()
    assert (second.version, second.name) == (2, "b")


def test_line_ends_do_not_change_the_checksum(tmp_path):
    (tmp_path / "001_a.sql").write_bytes(b"SELECT 1;\nSELECT 2;\n")
    (unix,) = load_directory(tmp_path)
    (tmp_path / "001_a.sql").write_bytes(b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n")
    (windows,) = load_directory(tmp_path)
    assert unix.checksum == windows.checksum


def test_an_empty_directory_is_no_error(tmp_path):
    assert load_directory(tmp_path) == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"001_a": "SELECT 1", "003_c": "SELECT 1"}, "number 002 is missing before 003_c.sql"),
        ({"002_b": "SELECT 1"}, "number 001 is missing before 002_b.sql"),
        ({"001_a": "SELECT 1", "001_b": "SELECT 1"}, "001_b.sql: number 001 is used twice"),
        ({"000_a": "SELECT 1"}, "000_a.sql: numbers start at 001"),
        ({"1_a": "SELECT 1"}, "1_a.sql: a migration is named NNN_name.sql"),
        ({"001_": "SELECT 1"}, "001_.sql: a migration is named NNN_name.sql"),
        ({"001_a": "-- nothing\n;"}, "001_a.sql: there is no statement in it"),
        ({"001_a": "SELECT 1;\nSELECT 'open"}, "001_a.sql: line 2: unrecognized token"),
        (
            {"001_a": "\nBEGIN;\nSELECT 1;\nCOMMIT;"},
            "001_a.sql: line 2: BEGIN is not allowed; a migration is one transaction",
        ),
        ({"001_a": "SELECT 1;\n commit"}, "001_a.sql: line 2: COMMIT is not allowed"),
        ({"001_a": "VACUUM"}, "001_a.sql: line 1: VACUUM is not allowed"),
        ({"001_a": "PRAGMA foreign_keys=ON"}, "001_a.sql: line 1: PRAGMA is not allowed"),
    ],
)
def test_directories_that_cannot_be_applied(tmp_path, files, message):
    with pytest.raises(MigrationError) as caught:
        load_directory(write(tmp_path, **files))
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_unreadable_files(tmp_path):
    with pytest.raises(MigrationError, match="No such file or directory"):
        load_directory(tmp_path / "nowhere")
    (tmp_path / "001_a.sql").write_bytes(b"SELECT '\xff'")
    with pytest.raises(MigrationError, match="not UTF-8"):
        load_directory(tmp_path)
    (tmp_path / "001_a.sql").unlink()
    (tmp_path / "001_a.sql").mkdir()
    with pytest.raises(MigrationError, match="Is a directory"):
        load_directory(tmp_path)


def test_a_transaction_in_a_trigger_body_is_a_body(tmp_path):
    text = "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;\nCREATE TABLE begin_(a);"
    (migration,) = load_directory(write(tmp_path, **{"001_a": text}))
    assert len(migration.statements) == 2


def test_our_own_migrations_keep_to_our_own_rules():
    migrations = load_directory(REPOSITORY / "migrations")
    assert migrations
    for migration in migrations:
        for statement in migration.statements:
            assert "CURRENT_" not in statement.sql.upper(), "every node would evaluate it by its own clock"
            words = statement.sql.split()
            if words[0].upper() == "CREATE":
                assert any(word.startswith("_gw_") for word in words[2:6]), statement.sql


def test_the_states_by_their_names():
    assert [str(state) for state in migrate.State] == ["applied", "pending", "changed", "missing"]
