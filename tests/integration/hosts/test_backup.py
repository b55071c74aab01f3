"""Backups of a running database: whole, sound, few, and what is put back is what was there."""

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from debros.hosts.snapshots import digest

GARBAGE = b"SQLite format 3\0" + bytes(range(256)) * 64


@pytest.fixture
def host(single):
    """A host with an empty directory of backups and one table of every kind of value."""
    tables = [row[0].replace('"', '""') for row in single.sql("SELECT name FROM sqlite_master WHERE type = 'table'")[0]]
    single.write(*(f'DROP TABLE "{name}"' for name in tables), "SELECT 1")
    single.write(
        "CREATE TABLE all_kinds (a INTEGER PRIMARY KEY, b TEXT, c REAL, d BLOB, e)",
        "CREATE INDEX by_b ON all_kinds (b)",
        "INSERT INTO all_kinds VALUES (1, 'ä\n\"''', 1.5, x'00ff', NULL), (2, '', -0.0, x'', 9223372036854775807)",
        'CREATE TABLE "a ""quoted"" name" (k TEXT PRIMARY KEY, v) WITHOUT ROWID',
        'INSERT INTO "a ""quoted"" name" VALUES (\'k\', \'v\')',
        "CREATE TABLE blank (a)",
    )
    for path in single.backups.glob("*"):
        path.unlink()
    return single


def backup(host, *words, **extra):
    return host.json("backup", "--directory", str(host.backups), *words, **extra)


def names(host):
    return sorted(path.name for path in host.backups.glob("[!.]*"))


def restore(host, file, *words, **extra):
    return host.json("restore", str(file), "--yes", "--directory", str(host.backups), *words, **extra)


def content(host):
    return host.sql("SELECT a, b, c, hex(d), e FROM all_kinds ORDER BY a", "SELECT name, sql FROM sqlite_master")


def test_a_backup_is_a_sound_database_with_a_manifest(host) -> None:
    taken = backup(host)
    path = Path(taken["file"])
    manifest = json.loads(path.with_suffix(".json").read_text())
    assert (taken["changed"], taken["tables"], taken["rows"], taken["deleted"]) == (True, 3, 3, [])
    assert manifest["bytes"] == path.stat().st_size == taken["bytes"]
    assert manifest["host"] == host.name
    assert manifest["rqlite"]
    assert {name: table["rows"] for name, table in manifest["tables"].items()} == {
        "all_kinds": 2,
        'a "quoted" name': 1,
        "blank": 0,
    }
    # Readable where nothing can be written.
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert database.execute("SELECT b FROM all_kinds WHERE a = 1").fetchone() == ("ä\n\"'",)
    assert oct(path.stat().st_mode)[-3:] == oct(path.with_suffix(".json").stat().st_mode)[-3:] == "600"
    assert names(host) == sorted([path.name, path.with_suffix(".json").name])


def test_only_the_newest_are_kept(host) -> None:
    taken = [Path(backup(host, "--keep", "2")["file"]) for _ in range(4)]
    assert names(host) == sorted(path.with_suffix(end).name for path in taken[2:] for end in (".json", ".sqlite"))


def test_one_that_is_no_good_does_not_push_a_good_one_out(host) -> None:
    good = Path(backup(host)["file"])
    later = host.backups / "debros-29990101T000000Z.sqlite"
    later.write_bytes(b"")
    another = Path(backup(host, "--keep", "1")["file"])
    assert not good.exists()
    assert another.exists()
    assert later.exists()
    listed = json.loads(host.run("backups", "--json", "--directory", str(host.backups)).stdout)["backups"]
    assert [(one["file"], one["state"]) for one in listed] == [(later.name, "unusable"), (another.name, "complete")]
    assert "no manifest" in host.json("backups", "--directory", str(host.backups), code=1)["error"]


def test_a_young_one_is_not_repeated(host) -> None:
    assert backup(host, "--if-older-than", "1h")["changed"]
    skipped = backup(host, "--if-older-than", "1h")
    assert skipped["changed"] is False
    assert "old" in skipped["reason"]
    assert backup(host, "--if-older-than", "interval")["changed"] is False
    assert backup(host)["changed"] is True


def test_an_old_one_is_repeated(host) -> None:
    path = Path(backup(host)["file"]).with_suffix(".json")
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"created": "2020-01-01T00:00:00+00:00"}))
    assert backup(host, "--if-older-than", "interval", "--if-leader")["changed"] is True


def test_no_interval_is_no_backup(host) -> None:
    good = host.config.read_text()
    try:
        host.configure([host], backup_interval="0")
        skipped = backup(host, "--if-older-than", "interval")
        assert skipped == {"changed": False, "reason": "backups are turned off (database.backup_interval: 0)"}
    finally:
        host.config.write_text(good)


def test_only_the_leader_takes_them(roles, tmp_path) -> None:
    leader, (follower, _) = roles
    skipped = follower.json("backup", "--if-leader", "--directory", str(tmp_path / "f"))
    assert skipped == {"changed": False, "reason": f"{leader.name} leads the database, and takes the backups"}
    assert leader.json("backup", "--if-leader", "--directory", str(tmp_path / "l"))["changed"]
    # Asked for by name, a follower's is the leader's data all the same.
    leader.write("CREATE TABLE IF NOT EXISTS only (a)", "INSERT INTO only VALUES (1)")
    taken = follower.json("backup", "--directory", str(tmp_path / "f"))
    assert digest.read(Path(taken["file"])).tables["only"].rows >= 1


def test_two_at_once_are_one_and_a_clear_word(host) -> None:
    host.write(*(f"INSERT INTO all_kinds (b) VALUES ('{'x' * 500_000}')" for _ in range(40)))
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(host.run("backup", "--directory", str(host.backups))))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = sorted(done.returncode for done in answers)
    assert codes[0] == 0
    assert set(codes) <= {0, 5}
    assert all(b"another backup or restore" in done.stderr for done in answers if done.returncode)
    assert len(list(host.backups.glob("*.sqlite"))) == codes.count(0)


def test_what_a_killed_run_has_left_is_removed(host) -> None:
    backup(host)
    (host.backups / ".partial-0123").write_bytes(b"half")
    (host.backups / "debros-20200101T000000Z.json").write_text("{}")
    (host.backups / "notes.txt").write_text("mine")
    backup(host)
    left = {path.name for path in host.backups.iterdir()}
    assert not {".partial-0123", "debros-20200101T000000Z.json"} & left
    assert "notes.txt" in left


def test_a_file_that_cannot_grow_leaves_the_older_backups(host) -> None:
    backup(host)
    before = names(host)
    host.write(f"INSERT INTO all_kinds (b) VALUES ('{'x' * 3_000_000}')")
    done = host.run("backup", "--directory", str(host.backups), largest_file=2**20)
    assert done.returncode == 1
    assert str(host.backups) in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert names(host) == before
    assert not list(host.backups.glob(".partial-*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_small_disk_is_refused_before_the_first_byte(host, small_disk) -> None:
    error = host.json("backup", "--directory", str(small_disk), code=1)
    assert error["code"] == "disk_full"
    assert "MB free" in error["error"]
    assert "untouched" in error["hint"]
    assert [path.name for path in small_disk.iterdir()] == [".lock"]


def test_what_was_lost_comes_back_value_by_value(host) -> None:
    before = content(host)
    taken = backup(host)
    host.write("DELETE FROM all_kinds", "DROP TABLE blank", "CREATE TABLE later (a)", "INSERT INTO later VALUES (1)")
    done = restore(host, taken["file"])
    assert done == done | {"changed": True, "tables": 3, "rows": 3, "differences": []}
    assert content(host) == before
    assert "no tables of a gateway" in done["warnings"][0]
    # What was there before the restore is a backup as well, and can be put back.
    kept = Path(done["before"])
    assert kept.name.startswith("before-restore-")
    restore(host, kept.name)
    assert host.sql("SELECT a FROM later") == [[[1]]]


def test_a_follower_restores_for_all(roles, tmp_path) -> None:
    leader, followers = roles
    leader.write("DROP TABLE IF EXISTS shared", "CREATE TABLE shared (a)", "INSERT INTO shared VALUES (1), (2)")
    taken = leader.json("backup", "--directory", str(tmp_path))
    leader.write("DELETE FROM shared")
    done = followers[0].json("restore", taken["file"], "--yes", "--directory", str(tmp_path))
    assert done["differences"] == []
    for host in (leader, *followers):
        host.json("wait-ready", "--voters", "3")
        assert host.sql("SELECT count(*) FROM shared", level="none") == [[[2]]]


@pytest.mark.parametrize("harm", ["changed", "garbage", "cut", "no manifest", "bad manifest", "other manifest", "gone"])
def test_a_backup_that_is_not_sound_is_never_loaded(host, harm) -> None:
    taken = backup(host)
    path = Path(taken["file"])
    manifest = path.with_suffix(".json")
    document = json.loads(manifest.read_text())
    match harm:
        case "changed":
            raw = bytearray(path.read_bytes())
            raw[-100] ^= 1
            path.write_bytes(raw)
        case "garbage":  # with a manifest that fits: only SQLite can tell
            path.write_bytes(GARBAGE)
            document |= {"bytes": len(GARBAGE), "sha256": hashlib.sha256(GARBAGE).hexdigest()}
            manifest.write_text(json.dumps(document))
        case "cut":
            path.write_bytes(path.read_bytes()[:-4096])
        case "no manifest":
            manifest.unlink()
        case "bad manifest":
            manifest.write_text("[]")
        case "other manifest":
            document["tables"]["blank"]["rows"] = 1
            manifest.write_text(json.dumps(document))
        case "gone":
            path.unlink()
    before = content(host)
    error = restore(host, path, code=1)
    assert error["code"] == "backup_unsound"
    assert str(path) in error["error"]
    assert content(host) == before
    assert not list(host.backups.glob("before-restore-*"))
    if harm != "gone":
        listed = host.run("backups", "--verify", "--json", "--directory", str(host.backups))
        assert listed.returncode == 1
        assert [one["state"] for one in json.loads(listed.stdout)["backups"]] == ["unusable"]


def test_nothing_is_restored_without_being_asked(host) -> None:
    taken = backup(host)
    done = host.run("restore", taken["file"], "--directory", str(host.backups))
    assert done.returncode == 2
    assert b"--yes" in done.stderr


def test_nothing_is_restored_without_a_majority(cluster, tmp_path) -> None:
    first, second, third = cluster
    taken = first.json("backup", "--directory", str(tmp_path))
    second.kill()
    third.kill()
    error = first.json("restore", taken["file"], "--yes", "--directory", str(tmp_path), code=5)
    assert error["code"] in {"no_leader", "quorum"}
    assert not list(tmp_path.glob("before-restore-*"))


def test_writers_during_a_restore_are_noticed(host) -> None:
    host.write("CREATE TABLE busy (a)")
    taken = backup(host)
    stop = threading.Event()

    def write():
        while not stop.is_set():
            host.write("INSERT INTO busy VALUES (1)")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        error = restore(host, taken["file"], code=1)
    finally:
        stop.set()
        thread.join()
    assert error["code"] == "restore_failed"
    assert "table busy: 0 rows in the backup" in error["error"]
    assert "stop the gateways" in error["hint"]
    assert Path(error["before"]).exists()


def test_a_verified_list_says_so(host) -> None:
    backup(host)
    (listed,) = host.json("backups", "--verify", "--directory", str(host.backups))["backups"]
    assert listed == listed | {"state": "verified", "tables": 3, "rows": 3, "problem": ""}
    plain = host.run("backups", "--directory", str(host.backups)).stdout.decode()
    assert plain.splitlines()[0] == "file\tage\tbytes\ttables\trows\tstate"
    assert host.run("backups", "--directory", str(host.backups / "none")).stdout.startswith(b"no backups in ")
