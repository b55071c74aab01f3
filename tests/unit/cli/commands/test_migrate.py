"""`migrate status|up` against a fake namespace: SQLite in the place of the gateway's SQL routes."""

import json
import sqlite3
import threading

import pytest


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
    database.close()


def test_what_is_pending_is_applied_once_and_in_order(run, files, namespace) -> None:
    done = run("migrate", "up")
    assert (done.exit_code, done.stdout) == (0, "001_users.sql\n002_more.sql\n"), done.stderr
    assert namespace.execute("SELECT name FROM users").fetchall() == [("it's; me",), ("b",)]
    again = run("migrate", "up", str(files))
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "Nothing is pending\n")
    (files / "003_last.sql").write_text("DELETE FROM users")
    assert json.loads(run("migrate", "up", "--format", "json").stdout) == {"applied": ["003_last.sql"]}


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
