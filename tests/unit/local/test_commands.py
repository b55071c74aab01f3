"""The commands as a user starts them, where no cluster has to run: messages, exit codes, no stack trace."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from debros.local.cluster import Cluster, save
from debros.local.layout import Layout
from testkit.disks import small_disk
from testkit.ports import free_offset


def local(home: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("DEBROS_")} | {"DEBROS_HOME": str(home)} | environ
    return subprocess.run(
        [sys.executable, "-m", "debros.local", *words], env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_fewer_hosts_than_there_are(tmp_path: Path) -> None:
    save(Cluster(Layout(tmp_path), 3))
    done = local(tmp_path, "up", "--nodes", "1")
    assert done.returncode == 1
    assert "This cluster has 3 hosts" in done.stderr
    assert f"make down && rm -r {tmp_path} && NODES=1 make up" in done.stderr


def test_a_taken_port_stops_the_start_before_anything_is_written(tmp_path: Path) -> None:
    offset = free_offset()
    with socket.create_server(("127.0.0.1", 6001 + offset)):
        done = local(tmp_path, "up", DEBROS_PORT_OFFSET=str(offset))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(
        f"error: These ports cannot be used:\n  - {6001 + offset} (gateway of host 1): taken by "
    )
    assert done.stderr.endswith("Stop what holds them, or use other ports: DEBROS_PORT_OFFSET=100 make up\n")
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


def test_no_rqlited_to_be_had(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    empty = tmp_path / "empty"
    empty.mkdir()
    proxy = "http://127.0.0.1:9"  # nobody listens there: no network
    network = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy)
    done = local(
        tmp_path / "dev",
        "up",
        HOME=str(home),
        PATH=str(empty),
        XDG_CACHE_HOME=str(home),
        DEBROS_PORT_OFFSET=str(free_offset()),
        **network,
    )
    assert done.returncode == 1
    assert "rqlited was not found. Tried:" in done.stderr
    assert "Ways out:" in done.stderr
    assert "DEBROS_RQLITED=/path/to/rqlited make up" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["status"], ["down"]])
def test_nothing_is_running(tmp_path: Path, words: list[str]) -> None:
    done = local(tmp_path / "new", *words)
    assert done.returncode == 0
    assert done.stdout.startswith("Nothing is running")
    assert not (tmp_path / "new").exists()


def test_the_status_of_nothing_as_json(tmp_path: Path) -> None:
    done = local(tmp_path, "status", "--format", "json")
    assert json.loads(done.stdout) == {"running": False, "hosts": 0, "processes": []}


def test_the_log_of_a_process_that_does_not_exist(tmp_path: Path) -> None:
    save(Cluster(Layout(tmp_path), 1))
    done = local(tmp_path, "logs", "host2/node")
    assert done.returncode == 1
    expected = "error: host2/node: no such process. There are: host1/rqlited, host1/node, host1/gateway\n"
    assert done.stderr == expected


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for words in (["up"], ["run-node", "1"]):
        done = local(tmp_path / "file" / "dev", *words)
        assert done.returncode == 1
        assert done.stderr.startswith(f"error: {tmp_path}/file/dev: cannot be written: Not a directory.")


def test_a_disk_that_is_full_only_later(tmp_path: Path) -> None:
    """One more file fits (the check's), but not a directory and a file."""
    with small_disk(tmp_path, "size=600m,nr_inodes=2"):
        done = local(tmp_path, "up")
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {tmp_path}/run/command.lock: No space left on device. "
        "Free some space, or name a directory on another disk with DEBROS_HOME\n"
    )


@pytest.mark.parametrize("module", ["debros.local", "debros.local.down"])
def test_something_in_the_way(tmp_path: Path, module: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "command.lock").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", module, *(["down"] if module == "debros.local" else [])],
        env=os.environ | {"DEBROS_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {tmp_path}/run/command.lock: Is a directory. "
        "Look at what is there, its owner and mode; or name another directory with DEBROS_HOME\n"
    )


def test_whoever_reads_the_output_may_leave(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "debros.local", "status", "--format", "json"],
        env=os.environ | {"DEBROS_HOME": str(tmp_path)}, stdout=write, stderr=subprocess.PIPE, timeout=60, check=False,
    )  # fmt: skip
    os.close(write)
    assert b"Traceback" not in done.stderr
    assert b"error:" not in done.stderr


@pytest.mark.parametrize("words", [["up", "--nodes", "0"], ["up", "--nodes", "x"], ["run-node", "10"], ["nonsense"]])
def test_words_that_make_no_sense_are_a_usage_error(tmp_path: Path, words: list[str]) -> None:
    assert local(tmp_path, *words).returncode == 2
