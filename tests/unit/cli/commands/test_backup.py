"""What is told while a backup is taken, and Ctrl-C, against a fake rqlite that does not go on."""

import os
import signal
import sys
import threading
from urllib.parse import urlsplit

import pytest
import yaml

from testkit.terminal import Terminal


@pytest.fixture
def words(gateway, tmp_path):
    """The command line for a host whose rqlite is the fake one."""
    node = {
        "node": {"type": "bootstrap", "data_dir": str(tmp_path / "node")},
        "database": {"data_dir": str(tmp_path / "db"), "rqlite_port": urlsplit(gateway.url).port},
    }
    config = tmp_path / "node.yaml"
    config.write_text(yaml.safe_dump(node))
    return ["backup", "--node-config", str(config), "--directory", str(tmp_path / "backups")]


@pytest.fixture
def stalled(gateway):
    """Let the database's bytes not come; the event tells that they were asked for."""
    asked, enough = threading.Event(), threading.Event()

    def stall(_seen):
        asked.set()
        enough.wait(120)
        return gateway.reply(b"")

    gateway.answer("/status", {"store": {"node_id": "n1", "sqlite3": {"db_size": 34_200_000, "wal_size": 0}}})
    gateway.answer("/readyz", b"")
    gateway.answers["/db/backup"] = stall
    yield asked
    enough.set()


def left(tmp_path):
    return [path.name for path in (tmp_path / "backups").iterdir()]


def test_ctrl_c_at_a_terminal_leaves_nothing(words, stalled, tmp_path) -> None:
    terminal = Terminal([sys.executable, "-m", "debros.cli.main", *words], os.environ)
    try:
        terminal.shows("reading the database, about 34.2 MB ...")
        assert stalled.wait(120)
        terminal.type("\x03")
        assert terminal.end() == 130
    finally:
        terminal.close()
    assert "Traceback" not in terminal.text
    assert "Error" not in terminal.text
    assert left(tmp_path) == [".lock"]


@pytest.mark.parametrize(
    ("options", "said"),
    [([], b"reading the database, about 34.2 MB ...\n\n"), (["--quiet"], b"\n")],
)
def test_in_a_pipe_it_is_a_line(options, said, words, stalled, start, tmp_path) -> None:
    process = start(*words, *options)
    assert stalled.wait(120)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", said)
    assert left(tmp_path) == [".lock"]


def test_with_json_only_the_error_is_on_stderr(words, stalled, start, interrupt) -> None:
    process = start(*words, "--format", "json")
    assert stalled.wait(120)
    interrupt(process, "json")
