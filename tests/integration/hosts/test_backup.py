"""Backups of a running database: whole, sound, few, and what is put back is what was there."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from debros.hosts.settings import Settings
from debros.hosts.snapshots import digest, store, take
from testkit.patience import wait_until


def backup(host, *words, **extra):
    return host.json("backup", "--directory", str(host.backups), *words, **extra)


def names(host):
    return sorted(path.name for path in host.backups.glob("[!.]*"))


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


def test_network_cli_takes_one_too_and_knows_the_own_schema(host) -> None:
    words = ["--node-config", str(host.config), "--format", "json"]

    def run(*command):
        whole = [sys.executable, "-m", "debros.cli.main", *command, *words]
        return subprocess.run(whole, env=host.env, capture_output=True, text=True, timeout=100, check=False)

    done = run("backup", "--directory", str(host.backups), "--keep", "3")
    assert done.returncode == 0, done.stderr
    taken = json.loads(done.stdout)
    assert Path(taken["file"]).with_suffix(".json").exists()
    assert taken["changed"] is True
    shown = run("migrate", "status", "--own")
    assert shown.returncode == 0, shown.stderr
    assert [one["version"] for one in json.loads(shown.stdout)["migrations"]][:2] == [1, 2]
    assert {one["state"] for one in json.loads(shown.stdout)["migrations"]} <= {"pending", "applied"}


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


def test_ctrl_c_at_any_moment_leaves_a_whole_backup_or_nothing(host, monkeypatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(host.keys))
    kept = []

    def interrupted_before_line(number):
        """Take a backup, with Ctrl-C before the `number`th line that runs of `take`; tell whether it came to that."""
        lines = 0

        def trace(frame, event, _):
            nonlocal lines
            if frame.f_code is not take.take.__code__:
                return None
            if event == "line":
                lines += 1
                if lines == number:
                    raise KeyboardInterrupt
            return trace

        with Settings(config=host.config).database() as database, store.locked(host.backups):
            sys.settrace(trace)
            try:
                take.take(database, host.backups)
            except KeyboardInterrupt:
                return True
            finally:
                sys.settrace(None)
        return False

    number = 1
    while interrupted_before_line(number):
        kept.append(names(host))
        assert not list(host.backups.glob(".partial-*"))
        found = store.backups(host.backups)
        assert all(one.good for one in found)
        assert len(names(host)) == 2 * len(found)
        number += 1
    # Before the manifest, between it and the name, after both, and at the very end, when it is whole.
    assert number > 10
    assert kept[0] == []


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


def test_a_host_that_has_lost_the_others_gives_its_own_copy(cluster, tmp_path) -> None:
    first, second, third = cluster
    first.write("CREATE TABLE IF NOT EXISTS survivor (a)", "INSERT INTO survivor VALUES (1)")
    first.json("wait-ready")
    second.kill()
    third.kill()
    # A leader goes on believing that it leads for a moment; what it saved in it is not what is looked at here.
    wait_until(lambda: first.run("backup", "--directory", str(tmp_path / "led")).returncode != 0)
    taken = first.json("backup", "--without-leader", "--directory", str(tmp_path))
    assert digest.read(Path(taken["file"])).tables["survivor"].rows == 1
    # The timer's form has nothing to do there, which is no failure: one would be shown until it fires again.
    skipped = first.json("backup", "--if-leader", "--directory", str(tmp_path / "timer"))
    assert skipped["changed"] is False
    assert "whoever leads next takes the backups" in skipped["reason"]


def test_a_verified_list_says_so(host) -> None:
    backup(host)
    (listed,) = host.json("backups", "--verify", "--directory", str(host.backups))["backups"]
    assert listed == listed | {"state": "verified", "tables": 3, "rows": 3, "problem": ""}
    plain = host.run("backups", "--directory", str(host.backups)).stdout.decode()
    assert plain.splitlines()[0] == "file\tage\tbytes\ttables\trows\tstate"
    assert host.run("backups", "--directory", str(host.backups / "none")).stdout.startswith(b"no backups in ")


def test_a_timer_that_fires_in_an_election_waits_for_its_end(roles, tmp_path) -> None:
    leader, followers = roles
    leader.kill()
    for follower in followers:  # each ends well, whether it meets the old leader's memory, nobody, or the new one
        follower.json("backup", "--if-leader", "--directory", str(tmp_path / follower.name))
    (lead,) = [follower for follower in followers if follower.json("leader")["is_leader"]]
    assert lead.json("backup", "--if-leader", "--directory", str(tmp_path / lead.name))["changed"]
