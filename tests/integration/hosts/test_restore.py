"""What is put back is what was there: on one host, on three, without a majority, and after every interruption."""

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

GARBAGE = b"SQLite format 3\0" + bytes(range(256)) * 64
RQLITE = "debros-rqlite.service"

pytestmark = pytest.mark.timeout(900)


def backup(host, directory=None):
    return host.json("backup", "--directory", str(directory or host.backups))


def restore(host, file, *words, **extra):
    return host.json("restore", str(file), "--yes", "--directory", str(host.backups), *words, **extra)


def content(host):
    return host.sql("SELECT a, b, c, hex(d), e FROM all_kinds ORDER BY a", "SELECT name, sql FROM sqlite_master")


def rows(host, table, level="strong"):
    return host.sql(f"SELECT count(*) FROM {table}", level=level)[0][0][0]


def kept(host):
    return sorted(path.name for path in host.home.glob("db.before-restore-*"))


def step(hosts, name, *words, code=0):
    """Run a step on all hosts side by side, as the playbook does."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda host: host.json("restore-step", name, *map(str, words), code=code), hosts))


def members(hosts):
    return [word for host in hosts for word in ("--member", f"{host.name}=127.0.0.1:{host.raft}")]


def opened(hosts):
    step(hosts, "open")
    checked = step(hosts, "check")
    step(hosts, "finish")
    return checked


def replaced(hosts, file, identity="20260102T030405Z"):
    prepared = step(hosts, "prepare", file, "--id", identity, *members(hosts))
    assert len({tuple(one["position"]) for one in prepared}) == 1
    step(hosts, "close")
    step(hosts, "swap")
    return opened(hosts)


def test_what_was_lost_comes_back_value_by_value(host) -> None:
    before = content(host)
    taken = backup(host)
    host.write("DELETE FROM all_kinds", "DROP TABLE blank", "CREATE TABLE later (a)", "INSERT INTO later VALUES (1)")
    done = restore(host, taken["file"])
    assert done == done | {"changed": True, "tables": 3, "rows": 3}
    assert content(host)[0] == before[0]
    assert {name for name, _ in content(host)[1]} >= {name for name, _ in before[1]}
    assert "no tables of a gateway" in done["warnings"][0]
    host.write("INSERT INTO all_kinds (b) VALUES ('new')")
    # What was there before is kept, and can be put back; and then what the restore had brought.
    assert [Path(done["before"]).name] == kept(host)
    host.json("restore", "--rollback", "--yes")
    assert rows(host, "later") == 1
    host.json("restore", "--rollback", "--yes")
    assert rows(host, "all_kinds") == 3
    assert not (host.home / "restore").exists()


def test_only_the_last_generation_is_kept(host) -> None:
    taken = backup(host)
    restore(host, taken["file"])
    first = kept(host)
    time.sleep(1.1)  # an id is a second
    restore(host, taken["file"])
    assert len(kept(host)) == 1
    assert kept(host) != first


def test_three_hosts_are_restored_together(cluster, tmp_path) -> None:
    first, _, third = cluster
    first.write("DROP TABLE IF EXISTS shared", "CREATE TABLE shared (a)", "INSERT INTO shared VALUES (1), (2)")
    taken = backup(first, tmp_path)
    first.write("DELETE FROM shared")
    checked = replaced(cluster, taken["file"])
    assert [one["rows"] for one in checked] == [taken["rows"]] * 3
    assert [rows(host, "shared", "none") for host in cluster] == [2, 2, 2]
    third.write("INSERT INTO shared VALUES (3)")
    for host in cluster:
        host.json("wait-ready", "--voters", "3")
        assert rows(host, "shared", "none") == 3
    # Undone on all, the old cluster goes on where it was.
    step(cluster, "close")
    step(cluster, "undo", "--id", "20260102T030500Z", "--back-to", "20260102T030405Z")
    opened(cluster)
    assert rows(first, "shared") == 0


def test_a_majority_that_is_gone_for_ever_is_not_needed(cluster, tmp_path) -> None:
    first, *gone = cluster
    first.write("DROP TABLE IF EXISTS shared", "CREATE TABLE shared (a)", "INSERT INTO shared VALUES (1), (2)")
    taken = backup(first, tmp_path)
    for host in gone:
        host.kill()
        shutil.rmtree(host.home / "db")
    first.kill()
    shutil.rmtree(gone[1].home / "db", ignore_errors=True)
    for host in gone:
        host.start()
    checked = replaced(cluster, taken["file"], "20260102T030406Z")
    assert [one["rows"] for one in checked] == [taken["rows"]] * 3
    assert [rows(host, "shared", "none") for host in cluster] == [2, 2, 2]
    gone[0].write("INSERT INTO shared VALUES (3)")
    assert len(first.json("leader")["voters"]) == 3


def test_a_restore_that_was_begun_is_undone_before_its_end(cluster, tmp_path) -> None:
    first, second, third = cluster
    first.write("DROP TABLE IF EXISTS shared", "CREATE TABLE shared (a)", "INSERT INTO shared VALUES (1)")
    taken = backup(first, tmp_path)
    first.write("INSERT INTO shared VALUES (2)")
    step(cluster, "prepare", taken["file"], "--id", "20260102T030407Z", *members(cluster))
    step(cluster, "close")
    step([first, second], "swap")  # the third was switched off meanwhile
    assert step([third], "status")[0]["unfinished"] == "20260102T030407Z"
    step(cluster, "undo", "--id", "20260102T030508Z", "--back-to", "20260102T030407Z")
    assert [one["changed"] for one in step(cluster, "undo")] == [False] * 3
    opened(cluster)
    assert [rows(host, "shared") for host in cluster] == [2, 2, 2]


def test_another_backup_may_be_chosen_after_the_first(cluster, tmp_path) -> None:
    first, *_ = cluster
    first.write("DROP TABLE IF EXISTS shared", "CREATE TABLE shared (a)", "INSERT INTO shared VALUES (1)")
    one = backup(first, tmp_path)
    first.write("INSERT INTO shared VALUES (2)")
    other = backup(first, tmp_path)
    first.write("INSERT INTO shared VALUES (3)")
    words = ("--id", "20260102T030409Z", *members(cluster))
    step(cluster, "prepare", one["file"], *words)
    step(cluster, "close")
    step(cluster, "swap")
    assert [it["changed"] for it in step(cluster, "prepare", one["file"], *words)] == [False] * 3
    step(cluster, "prepare", other["file"], *words)
    step(cluster, "swap")
    opened(cluster)
    assert [rows(host, "shared", "none") for host in cluster] == [2, 2, 2]
    # What is kept is what was there before the first of them.
    step(cluster, "close")
    step(cluster, "undo", "--id", "20260102T030510Z", "--back-to", "20260102T030409Z")
    opened(cluster)
    assert rows(first, "shared") == 3


def test_all_hosts_keep_the_data_of_before_the_same_restore(cluster, tmp_path) -> None:
    """Also when a clock was set back between two: else a rollback would mix the data of two clusters."""
    first, second, third = cluster
    first.write("DROP TABLE IF EXISTS shared", "CREATE TABLE shared (a)")
    taken = backup(first, tmp_path)
    later, earlier = "20260102T040000Z", "20260102T033000Z"
    step(cluster, "prepare", taken["file"], "--id", later, *members(cluster))
    step(cluster, "close")
    step([first, second], "swap")  # the third was switched off meanwhile
    step(cluster, "undo", "--id", "20260102T040001Z", "--back-to", later)
    opened(cluster)
    first.write("INSERT INTO shared VALUES (1)")
    replaced(cluster, taken["file"], earlier)
    assert [it["kept"] for it in step(cluster, "status")] == [[earlier]] * 3
    step(cluster, "close")
    error = step([third], "undo", "--id", "20260102T033001Z", code=1)[0]
    assert error["code"] == "which_restore"
    assert earlier in error["error"]
    step(cluster, "undo", "--id", "20260102T033001Z", "--back-to", earlier)
    opened(cluster)
    assert rows(third, "shared") == 1


@pytest.mark.parametrize("done", ["prepare", "close", "swap", "open"])
def test_a_kill_after_any_step_is_mended_by_the_next_run(host, done) -> None:
    before = content(host)[0]
    taken = backup(host)
    host.write("DELETE FROM all_kinds")
    for name in ("prepare", "close", "swap", "open"):
        step([host], name, *([taken["file"]] if name == "prepare" else []))
        if name == done:
            break
    restore(host, taken["file"])
    assert content(host)[0] == before
    assert len(kept(host)) == 1


def test_a_kill_at_any_moment_is_mended_by_the_next_run(host) -> None:
    before = content(host)[0]
    taken = backup(host)
    host.write("DELETE FROM all_kinds")
    words = ["restore", "--config", str(host.config), taken["file"], "--yes"]
    for seconds in (0.8, 1.6, 2.4, 3.2, 4.0):
        with subprocess.Popen(
            [sys.executable, "-m", "debros.hosts.main", *words],
            env=host.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            time.sleep(seconds)
            os.kill(process.pid, signal.SIGKILL)
    restore(host, taken["file"])
    assert content(host)[0] == before


def test_what_fails_after_the_change_brings_the_old_data_back(host) -> None:
    taken = backup(host)
    host.write("DELETE FROM all_kinds WHERE a = 1")
    table = host.home / "bin" / "units.json"
    good = table.read_text()
    notifies, command = json.loads(good)[RQLITE]
    # A database that runs with the old data only.
    plan = host.home / "restore" / "plan.json"
    script = f"""grep -qs '"back_to": ""' {plan} && exit 1; exec "$@" """
    table.write_text(json.dumps(json.loads(good) | {RQLITE: [notifies, ["sh", "-c", script, "sh", *command]]}))
    try:
        error = restore(host, taken["file"], code=1)
    finally:
        table.write_text(good)
    assert error["code"] == "restore_failed"
    assert "the old data are back" in error["error"]
    assert rows(host, "all_kinds") == 1
    assert not (host.home / "restore").exists()


def test_what_is_not_finished_is_seen(host) -> None:
    taken = backup(host)
    step([host], "prepare", taken["file"])
    assert b"restore:" not in host.run("check").stdout
    step([host], "close")
    said = host.run("check").stdout.decode()
    assert f"restoring {Path(taken['file']).name} is not finished" in said
    host.json("restore", "--rollback", "--yes")
    assert "is not finished" not in host.run("check").stdout.decode()


def test_the_steps_keep_their_order(cluster, tmp_path) -> None:
    first, *_ = cluster
    taken = backup(first, tmp_path)
    assert step([first], "swap", code=1)[0]["code"] == "not_prepared"
    step([first], "prepare", taken["file"], *members(cluster))
    assert step([first], "swap", code=1)[0]["code"] == "not_closed"
    assert step([first], "undo", code=1)[0]["code"] == "not_closed"
    step([first], "close")
    assert step([first], "finish", code=1)[0]["code"] == "not_open"
    step([first], "undo")
    opened([first])


def test_a_list_of_members_that_does_not_fit_is_refused(cluster, tmp_path) -> None:
    first, second, _ = cluster
    taken = backup(first, tmp_path)
    error = first.json("restore-step", "prepare", taken["file"], *members([first, second]), code=1)
    assert "h3" in error["error"]
    error = first.json("restore-step", "prepare", taken["file"], *members([second]), code=1)
    assert error["code"] == "members_wrong"
    assert first.run("restore-step", "prepare", taken["file"], "--member", "h1").returncode == 2
    for host in cluster:
        host.kill()
    error = first.json("restore-step", "prepare", taken["file"], code=1)
    assert "--member" in error["hint"]


def test_several_hosts_want_the_playbook(cluster, tmp_path) -> None:
    taken = backup(cluster[0], tmp_path)
    error = cluster[0].json("restore", taken["file"], "--yes", code=1)
    assert error["code"] == "several_hosts"
    assert "ansible/restore.yml" in error["hint"]


def test_a_backup_of_a_newer_release_is_refused(host) -> None:
    host.write(
        "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name, checksum, applied_at)",
        "INSERT INTO schema_migrations VALUES (999, 'future', 'x', '')",
    )
    taken = backup(host)
    error = restore(host, taken["file"], code=1)
    assert error["code"] == "backup_of_another_release"
    assert "999 (future)" in error["error"]
    assert not (host.home / "restore").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_small_disk_is_refused_before_anything_is_changed(make_hosts, small_disk) -> None:
    (host,) = make_hosts(1)
    host.stop()
    host.configure([host], data_dir=str(small_disk / "db"))
    host.start()
    host.json("wait-ready")
    taken = backup(host)
    error = restore(host, taken["file"], code=1)
    assert error["code"] == "disk_full"
    assert "nothing was changed" in error["error"]
    assert not (small_disk / "restore").exists()
    host.stop()


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
    before, there = content(host), kept(host)
    error = restore(host, path, code=1)
    assert error["code"] == "backup_unsound"
    assert str(path) in error["error"]
    assert content(host) == before
    assert kept(host) == there
    assert not (host.home / "restore").exists()
    if harm != "gone":
        listed = host.run("backups", "--verify", "--json", "--directory", str(host.backups))
        assert listed.returncode == 1
        assert [one["state"] for one in json.loads(listed.stdout)["backups"]] == ["unusable"]


def test_nothing_is_restored_without_being_asked(host) -> None:
    taken = backup(host)
    done = host.run("restore", taken["file"])
    assert done.returncode == 2
    assert b"--yes" in done.stderr
    assert host.run("restore").returncode == 2


def test_there_is_nothing_to_undo(make_hosts) -> None:
    (host,) = make_hosts(1)
    assert host.json("restore", "--rollback", "--yes", code=1)["code"] == "nothing_kept"


def test_the_password_of_the_own_rqlited_is_nowhere_afterwards(host) -> None:
    taken = backup(host)
    step([host], "prepare", taken["file"])
    assert not list((host.home / "restore").rglob("auth.json"))
    with closing(sqlite3.connect(f"file:{host.home}/restore/next/db/db.sqlite?mode=ro&immutable=1", uri=True)) as made:
        assert made.execute("SELECT count(*) FROM all_kinds").fetchone() == (2,)
    assert (host.home / "restore").stat().st_mode & 0o777 == 0o700
    step([host], "close")
    step([host], "undo")
    opened([host])
