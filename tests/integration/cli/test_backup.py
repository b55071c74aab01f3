"""`network-cli backup` on a machine where nothing is installed: the database of `make up`."""

import contextlib
import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.mark.cluster
def test_the_database_of_make_up(run: Run, env: dict[str, str]) -> None:
    assert run("storage", "put", "kept", "here").returncode == 0
    done = run("--format", "json", "backup")
    assert done.returncode == 0, done.stderr
    taken = json.loads(done.stdout)
    file = Path(taken["file"])
    assert file.parent == Path(env["DEBROS_HOME"]) / "backups"
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert len(tables) >= taken["tables"] > 0
    assert b"kept" in file.read_bytes()


def test_without_any_the_configuration_of_a_host_is_missing(run: Run, env: dict[str, str], tmp_path: Path) -> None:
    env_before = env["DEBROS_HOME"]
    env["DEBROS_HOME"] = str(tmp_path)
    try:
        done = run("backup")
    finally:
        env["DEBROS_HOME"] = env_before
    assert done.returncode == 1
    assert b"/opt/debros/configs/node.yaml: file not found" in done.stderr
