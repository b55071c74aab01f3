"""The directory of backups: what counts as one, what is deleted, and who may work in it."""

import datetime as dt
import json

import pytest

from debros.hosts.snapshots import store
from debros.hosts.snapshots.digest import Content, SnapshotError, Table
from debros.hosts.snapshots.manifest import Manifest, parse
from debros.terminal.errors import CliError

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
MANIFEST = Manifest("ab" * 32, 4, Content({"t": Table(1, "0" * 64)}, "cd" * 32), "8.26.0", "n1", NOW)


def put(directory, hours, *, data=b"data", manifest=True):
    created = NOW + dt.timedelta(hours=hours)
    path = directory / store.name(created)
    path.write_bytes(data)
    if manifest:
        dumped = Manifest("ab" * 32, 4, MANIFEST.content, "8.26.0", "n1", created).dump()
        store.manifest_path(path).write_text(dumped)
    return path


def test_a_manifest_comes_back_as_it_was() -> None:
    assert parse(MANIFEST.dump()) == MANIFEST
    assert store.name(NOW) == "debros-20260102T030405Z.sqlite"


@pytest.mark.parametrize(
    "harm",
    [
        {"format": 2},
        {"created": "yesterday"},
        {"created": "2026-01-01T00:00:00"},
        {"tables": []},
        {"tables": {"t": {"rows": "many", "checksum": ""}}},
        {"bytes": None},
    ],
)
def test_what_is_no_manifest_is_told(harm) -> None:
    with pytest.raises(SnapshotError, match="manifest"):
        parse(json.dumps(json.loads(MANIFEST.dump()) | harm))


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", "{", b"\xff"])
def test_nonsense_is_no_manifest(text) -> None:
    with pytest.raises(SnapshotError, match="manifest"):
        parse(text)


def test_the_newest_comes_first(tmp_path) -> None:
    paths = [put(tmp_path, 1), put(tmp_path, 3), put(tmp_path, 2)]
    (tmp_path / "debros-latest.sqlite").write_text("not ours")
    assert [one.path for one in store.backups(tmp_path)] == [paths[1], paths[2], paths[0]]
    newest = store.newest(tmp_path)
    assert newest is not None
    assert newest.path == paths[1]
    assert newest.age(NOW + dt.timedelta(hours=5)) == 2 * 3600


def test_a_half_written_one_is_not_good(tmp_path) -> None:
    put(tmp_path, 1, data=b"dat")
    put(tmp_path, 2, manifest=False)
    assert [one.good for one in store.backups(tmp_path)] == [False, False]
    assert store.newest(tmp_path) is None


def test_only_the_oldest_good_ones_go(tmp_path) -> None:
    kept = [put(tmp_path, 8, data=b"x"), put(tmp_path, 7)]
    kept += [put(tmp_path, 6), put(tmp_path, 1, manifest=False)]
    gone = [put(tmp_path, 5), put(tmp_path, 4)]
    assert store.prune(tmp_path, 2) == gone
    assert all(path.exists() for path in kept)
    assert not any(path.exists() or store.manifest_path(path).exists() for path in gone)


def test_the_last_good_one_stays_even_if_none_is_to_be_kept(tmp_path) -> None:
    path = put(tmp_path, 1)
    put(tmp_path, 2, data=b"broken")
    assert store.prune(tmp_path, 0) == []
    assert path.exists()


def test_one_at_a_time(tmp_path) -> None:
    with store.locked(tmp_path), pytest.raises(CliError, match="another backup or restore"), store.locked(tmp_path):
        pass
    with store.locked(tmp_path):
        pass


def test_no_directory_is_no_backups_and_is_made_when_needed(tmp_path) -> None:
    directory = tmp_path / "a" / "b"
    assert store.backups(directory) == []
    with store.locked(directory):
        assert oct(directory.stat().st_mode)[-3:] == "700"


def test_a_file_in_the_place_of_the_directory_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CliError, match="file"), store.locked(tmp_path / "file"):
        pass
    with pytest.raises(CliError, match="file"):
        store.backups(tmp_path / "file")
