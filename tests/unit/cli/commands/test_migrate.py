"""`migrate status|up` against a fake namespace: SQLite in the place of the gateway's SQL routes."""

import json
import os
import signal
import sqlite3
import sys
import threading

import pytest

from testkit.terminal import Terminal


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A directory of migrations, which is also the default one."""
    monkeypatch.chdir(tmp_path)
    directory = tmp_path / "migrations"
    directory.mkdir()
    (directory / "001_users.sql").write_text("CREATE TABLE users (name TEXT); -- it's; a 'comment'\n")
    (directory / "002_more.sql").write_text(
        "INSERT INTO users VALUES ('it''s; me');\nINSERT INTO users VALUES ('b');\n"
    )
    return directory


@pytest.fixture
def namespace(gateway):
    """A fake namespace."""
    database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    lock = threading.Lock()

    def run(work):
        def answer(seen):
            with lock:
                return work(seen.json())

        return answer

    def query(sent):
        return gateway.reply({"rows": [list(row) for row in database.execute(sent["sql"], sent.get("args", []))]})

    def execute(sent):
        database.execute(sent["sql"], sent.get("args", []))
        return gateway.reply({"rows_affected": 0})

    def transaction(sent):
        database.execute("BEGIN")
        for index, one in enumerate(sent["ops"]):
            try:
                database.execute(one["sql"], one.get("args", []))
            except sqlite3.Error as error:
                database.execute("ROLLBACK")
                problem = {"error": f"index {index}: {error}", "code": "sql_error", "index": index}
                return gateway.reply(problem, 400)
        database.execute("COMMIT")
        return gateway.reply({"status": "ok"})

    gateway.answers["/v1/rqlite/exec"] = run(execute)
    gateway.answers["/v1/db/query"] = run(query)
    gateway.answers["/v1/db/transaction"] = run(transaction)
    yield database
    with lock:
        database.close()


def test_what_is_pending_is_applied_once_and_in_order(run, files, namespace) -> None:
    done = run("migrate", "up")
    assert (done.exit_code, done.stdout) == (0, "001_users.sql\n002_more.sql\n"), done.stderr
    assert done.stderr == "applying 001_users.sql, 1 of 2 ...\napplying 002_more.sql, 2 of 2 ...\n"
    assert namespace.execute("SELECT name FROM users").fetchall() == [("it's; me",), ("b",)]
    again = run("migrate", "up", str(files))
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "Nothing is pending\n")
    (files / "003_last.sql").write_text("DELETE FROM users")
    last = run("migrate", "up", "--format", "json")
    assert (json.loads(last.stdout), last.stderr) == ({"applied": ["003_last.sql"]}, "")
    (files / "004_quiet.sql").write_text("DELETE FROM users")
    silent = run("migrate", "up", "--quiet")
    assert (silent.stdout, silent.stderr) == ("004_quiet.sql\n", "")


@pytest.fixture
def at_terminal(gateway):
    """Start `migrate up` at a terminal of its own."""
    running = []

    def start(*words, **env):
        command = [sys.executable, "-m", "debros.cli.main", "migrate", "up", *words]
        running.append(Terminal(command, os.environ | {"DEBROS_GATEWAY_URL": gateway.url} | env, columns=24))
        return running[-1]

    yield start
    for terminal in running:
        terminal.close()


@pytest.fixture
def stalled(gateway):
    """Let the second migration wait for an answer that is never a good one; the event tells that it does."""
    apply, asked, enough = gateway.answers["/v1/db/transaction"], threading.Event(), threading.Event()

    def stall(seen):
        if seen.json()["ops"][0]["args"][0] == 2:
            asked.set()
            enough.wait(120)
            return gateway.reply({"error": "nobody waits for this any more", "code": "unavailable"}, 503)
        return apply(seen)

    gateway.answers["/v1/db/transaction"] = stall
    yield asked
    enough.set()


@pytest.mark.usefixtures("files", "namespace")
def test_on_a_terminal_one_line_tells_it_and_is_gone_at_the_end(at_terminal) -> None:
    terminal = at_terminal()
    assert terminal.end() == 0
    # Cut where it would wrap, and erased before what stays.
    lines = ["applying 001_users.sql,", "applying 002_more.sql, "]
    names = ["001_users.sql\r\n", "002_more.sql\r\n"]
    erase = "\r\x1b[K"
    assert terminal.raw == "".join(f"{erase}{line}{erase}{name}" for line, name in zip(lines, names, strict=True))


@pytest.mark.usefixtures("files", "namespace")
def test_on_a_dumb_terminal_each_has_a_line_of_its_own(at_terminal) -> None:
    terminal = at_terminal("--format", "table", TERM="dumb")
    assert terminal.end() == 0
    assert "\x1b" not in terminal.raw
    assert "applying 001_users.sql, 1 of 2 ...\n001_users.sql\n" in terminal.text


@pytest.mark.usefixtures("files", "namespace")
def test_ctrl_c_at_a_terminal_ends_it_and_says_what_is_known(at_terminal, stalled) -> None:
    terminal = at_terminal()
    assert stalled.wait(120)
    terminal.shows("002_more.sql")
    terminal.type("\x03")
    assert terminal.end() == 130
    assert "002_more.sql was being applied, and is whole or not there at all; run this again" in terminal.text
    assert "Traceback" not in terminal.text


@pytest.mark.usefixtures("files", "namespace")
@pytest.mark.parametrize("form", ["table", "json"])
def test_ctrl_c_is_heard_while_the_gateway_is_asked(form, gateway, start, stalled) -> None:
    process = start("migrate", "up", "--format", form, env={"DEBROS_GATEWAY_URL": gateway.url})
    assert stalled.wait(120)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == (b"001_users.sql\n" if form == "table" else b"")
    if form == "json":
        error = json.loads(err)
        assert (error["error"], error["code"]) == ("interrupted while 002_more.sql was being applied", "interrupted")
        assert "run this again" in error["hint"]
    else:
        assert b"run this again" in err
        assert b"Traceback" not in err


@pytest.mark.usefixtures("files", "namespace")
def test_whoever_hears_no_more_of_it_does_not_end_it(gateway, start) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = start("migrate", "up", env={"DEBROS_GATEWAY_URL": gateway.url}, stderr=writer)
    os.close(writer)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, b"001_users.sql\n002_more.sql\n")


def test_status_changes_nothing(run, files, namespace) -> None:
    done = run("migrate", "status")
    assert done.exit_code == 0
    assert done.stdout == "version\tname\tstate\tapplied_at\n1\tusers\tpending\t\\N\n2\tmore\tpending\t\\N\n"
    assert namespace.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    run("migrate", "up")
    (files / "001_users.sql").write_text("CREATE TABLE other (a)")
    done = run("migrate", "status", "--format", "json")
    assert [one["state"] for one in json.loads(done.stdout)["migrations"]] == ["changed", "applied"]
    assert done.exit_code == 1
    assert "001_users.sql (changed)" in done.stderr


def test_a_file_that_fails_changes_nothing_and_is_named_with_its_line(run, files, namespace) -> None:
    (files / "002_more.sql").write_text("INSERT INTO users VALUES ('a');\n\nINSERT INTO nowhere VALUES (1);\n")
    done = run("migrate", "up", "--format", "json")
    error = json.loads(done.stderr)
    assert (error["code"], error["exit_code"]) == ("migration_failed", 1)
    assert error["error"] == "002_more.sql: statement 2, line 3: no such table: nowhere"
    assert namespace.execute("SELECT count(*) FROM users").fetchone() == (0,)
    assert namespace.execute("SELECT version FROM schema_migrations").fetchall() == [(1,)]


@pytest.mark.usefixtures("files")
def test_another_runner_that_was_faster_is_no_failure(run, gateway, namespace) -> None:
    apply = gateway.answers["/v1/db/transaction"]

    def beaten(seen):
        """Let another runner's commit come first, so that a table of this one is there already."""
        gateway.answers["/v1/db/transaction"] = apply
        apply(seen)
        return gateway.reply({"error": "index 1: table users already exists", "code": "sql_error"}, 400)

    gateway.answers["/v1/db/transaction"] = beaten
    done = run("migrate", "up")
    assert (done.exit_code, done.stdout) == (0, "002_more.sql\n")
    assert namespace.execute("SELECT count(*) FROM schema_migrations").fetchone() == (2,)


@pytest.mark.usefixtures("files")
def test_an_answer_that_is_lost_is_settled_by_a_look(run, gateway, namespace) -> None:
    apply = gateway.answers["/v1/db/transaction"]

    def lost(seen):
        gateway.answers["/v1/db/transaction"] = apply
        apply(seen)
        return gateway.reply({"error": "unknown", "code": "outcome_unknown"}, 503)

    gateway.answers["/v1/db/transaction"] = lost
    assert run("migrate", "up").exit_code == 0
    assert namespace.execute("SELECT count(*) FROM users").fetchone() == (2,)


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize(
    ("name", "text", "said"), [("x.sql", "SELECT 1", "NNN_name.sql"), ("003_a.sql", "BEGIN", "BEGIN is not")]
)
def test_files_that_are_no_migrations(name, text, said, run, files, gateway) -> None:
    (files / name).write_text(text)
    done = run("migrate", "up")
    assert done.exit_code == 1
    assert said in done.stderr
    assert gateway.requests == []


def test_a_directory_that_is_not_there(run, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("migrate", "status")
    assert done.exit_code == 1
    assert "migrations: No such file or directory" in done.stderr
