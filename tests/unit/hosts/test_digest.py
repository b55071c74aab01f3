"""The checksum of a table follows its content, and nothing else."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debros.hosts.applied import TABLE
from debros.hosts.snapshots import digest

VALUES = [None, 0, 1, -1, 2**63 - 1, 1.0, -0.5, "", "1", "é", b"", b"1", "\0", b"\0\xff"]
values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
)


def database(path, *statements, rows=()):
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as opened:
        for statement in statements or ("CREATE TABLE t (a, b)",):
            opened.execute(statement)
        opened.executemany("INSERT INTO t VALUES (?, ?)", rows)
        opened.commit()
    return digest.read(path)


def test_the_place_of_a_row_does_not_matter(tmp_path) -> None:
    rows = [(number, "x" * number) for number in range(500)]
    one = database(tmp_path / "a", rows=rows)
    path = tmp_path / "b"
    database(path, rows=[*reversed(rows), *((-1, "gone") for _ in range(300))])
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        opened.execute("DELETE FROM t WHERE a = -1")
        assert digest.read(path) == one
        opened.execute("PRAGMA page_size = 1024")
        opened.execute("VACUUM")
    assert path.read_bytes() != (tmp_path / "a").read_bytes()
    assert digest.read(path) == one


def test_every_kind_of_value_is_told_from_every_other(tmp_path) -> None:
    found = {database(tmp_path / "a", rows=[(value, "b")]).tables["t"].checksum for value in VALUES}
    assert len(found) == len(VALUES)


def test_rows_that_occur_twice_count_twice(tmp_path) -> None:
    once, twice, thrice = (database(tmp_path / "a", rows=[(1, 2)] * count).tables["t"] for count in (1, 2, 3))
    assert [once.rows, twice.rows, thrice.rows] == [1, 2, 3]
    assert len({once.checksum, twice.checksum, thrice.checksum}) == 3


@given(st.lists(st.tuples(values, values), max_size=6), st.lists(st.tuples(values, values), max_size=6))
def test_other_rows_have_another_checksum(tmp_path_factory, one, other) -> None:
    directory = tmp_path_factory.mktemp("d")
    same = sorted(map(canonical, one)) == sorted(map(canonical, other))
    first, second = database(directory / "a", rows=one), database(directory / "b", rows=other)
    assert (first == second) is same
    assert (digest.differences(first, second) == []) is same


def canonical(row):
    # SQLite stores a REAL -0.0 as it is, and compares it equal to 0.0; the checksum looks at what is stored.
    return repr([(type(value).__name__, value) for value in row])


def test_values_do_not_run_into_each_other(tmp_path) -> None:
    assert database(tmp_path / "a", rows=[("ab", "c")]) != database(tmp_path / "b", rows=[("a", "bc")])


def test_definitions_count(tmp_path) -> None:
    plain = database(tmp_path / "a")
    indexed = database(tmp_path / "b", "CREATE TABLE t (a, b)", "CREATE INDEX i ON t (a)")
    assert plain.tables == indexed.tables
    assert digest.differences(plain, indexed) == ["the definitions of tables, indexes, views or triggers"]


def test_differences_are_told_table_by_table(tmp_path) -> None:
    wanted = database(tmp_path / "a", "CREATE TABLE t (a, b)", "CREATE TABLE only_there (a)", rows=[(1, 1)])
    found = database(tmp_path / "b", "CREATE TABLE t (a, b)", "CREATE TABLE only_now (a)", rows=[(2, 1)])
    assert digest.differences(wanted, found) == [
        "table only_now: not in the backup, 0 rows now",
        "table only_there: 0 rows in the backup, missing now",
        "table t: the same number of rows, other content",
    ]


def test_marks_and_statistics_are_no_data(tmp_path) -> None:
    before = database(tmp_path / "a", rows=[(1, 2)] * 50)
    mark = f"CREATE TABLE {TABLE} (host TEXT PRIMARY KEY, mark TEXT NOT NULL)"
    path = tmp_path / "b"
    database(path, "CREATE TABLE t (a, b)", mark, rows=[(1, 2)] * 50)
    assert digest.read(path) == before


def test_all_that_tables_can_be(tmp_path) -> None:
    content = database(
        tmp_path / "a",
        "CREATE TABLE t (a, b)",
        'CREATE TABLE "odd ""name" (k TEXT PRIMARY KEY, v) WITHOUT ROWID',
        'INSERT INTO "odd ""name" VALUES (\'k\', 1)',
        "CREATE TABLE generated (a, twice AS (a * 2), stored AS (a * 3) STORED)",
        "INSERT INTO generated (a) VALUES (1), (2)",
        "CREATE VIRTUAL TABLE words USING fts5(text)",
        "INSERT INTO words VALUES ('hello')",
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE TABLE counted (a INTEGER PRIMARY KEY AUTOINCREMENT)",
    )
    assert content.tables['odd "name'].rows == 1
    assert content.tables["generated"].rows == 2
    assert content.tables["words_content"].rows == 1
    assert "words" not in content.tables
    assert "v" not in content.tables
    assert "sqlite_sequence" in content.tables


def test_functions_of_a_newer_sqlite_do_not_make_it_unsound(tmp_path) -> None:
    path = tmp_path / "a"
    with closing(sqlite3.connect(path)) as opened:
        opened.create_function("newer", 1, lambda value: value, deterministic=True)
        opened.execute("CREATE TABLE t (a CHECK (newer(a) > 0), b AS (newer(a)))")
        opened.execute("CREATE INDEX i ON t (newer(a))")
        opened.execute("CREATE VIEW v AS SELECT newer(a) FROM t")
        opened.execute("INSERT INTO t VALUES (1)")
        opened.commit()
    assert digest.read(path).tables["t"].rows == 1


@pytest.mark.parametrize("harm", ["empty", "text", "header only", "page", "cut"])
def test_what_is_not_sound_is_refused(tmp_path, harm) -> None:
    path = tmp_path / "a"
    database(path, "CREATE TABLE t (a, b)", "CREATE INDEX i ON t (a)", rows=[(n, "x" * 100) for n in range(2000)])
    raw = path.read_bytes()
    page = b"".join((raw[: 4096 * 3], b"\xff" * 4096, raw[4096 * 4 :]))
    path.write_bytes(
        {"empty": b"", "text": b"hello" * 999, "header only": raw[:100], "page": page, "cut": raw[: len(raw) // 2]}[
            harm
        ]
    )
    if harm == "empty":  # SQLite takes an empty file for an empty database; a manifest tells them apart
        assert digest.read(path).tables == {}
        return
    with pytest.raises(digest.SnapshotError):
        digest.read(path)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        digest.read(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_reading_leaves_nothing_behind(tmp_path) -> None:
    path = tmp_path / "a"
    database(path, rows=[(1, 2)])
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA journal_mode = wal")
    before = path.read_bytes()
    digest.read(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
