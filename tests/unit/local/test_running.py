"""Locks and leftovers, with real processes."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from debros.local.layout import Layout
from debros.local.running import end_leftovers, exclusive, supervisor
from debros.supervise import identify, is_running, write_status

HOLD = """
import sys
from pathlib import Path
from debros.local.layout import Layout
from debros.local.running import hold_supervisor_lock
print(hold_supervisor_lock(Layout(Path(sys.argv[1])), patience=0.2), flush=True)
sys.stdin.read()
"""
IGNORES_SIGTERM = "import signal, sys; signal.signal(15, signal.SIG_IGN); print(1, flush=True); sys.stdin.read()"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.run.mkdir()
    return layout


@pytest.fixture
def start() -> Iterator[Start]:
    processes: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0,
        )  # fmt: skip
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def record(layout: Layout, process: subprocess.Popen[str], **changes: int) -> None:
    identity = identify(process.pid)
    entry = {"name": "host1/node", "pid": identity.pid, "start_time": identity.start_time} | changes
    write_status(layout.status_file, {"processes": [entry]})


def test_there_is_none_before_the_first_start(tmp_path: Path) -> None:
    assert supervisor(Layout(tmp_path / "new")) is None


def test_the_one_that_holds_the_lock_is_running(layout: Layout, start: Start) -> None:
    process = start(HOLD, str(layout.home))
    assert process.stdout.readline() == "True\n"
    assert supervisor(layout) == identify(process.pid)


def test_there_is_only_one(layout: Layout, start: Start) -> None:
    first, second = start(HOLD, str(layout.home)), None
    assert first.stdout.readline() == "True\n"
    second = start(HOLD, str(layout.home))
    assert second.stdout.readline() == "False\n"
    assert supervisor(layout) == identify(first.pid)


def test_a_killed_one_is_not_running_although_its_pid_is_still_in_the_file(layout: Layout, start: Start) -> None:
    process = start(HOLD, str(layout.home))
    process.stdout.readline()
    process.kill()
    process.wait()
    assert layout.supervisor_lock.read_text().split()[0] == str(process.pid)
    assert supervisor(layout) is None


def test_a_pid_that_now_belongs_to_another_process_is_not_believed(layout: Layout) -> None:
    me = identify(os.getpid())
    layout.supervisor_lock.write_text(f"{me.pid} {me.start_time}\n")
    assert supervisor(layout) is None


def test_up_and_down_exclude_each_other(layout: Layout) -> None:
    with exclusive(layout):
        fd = os.open(layout.command_lock, os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(fd)
    with exclusive(layout):
        pass


def test_a_leftover_is_ended(layout: Layout, start: Start) -> None:
    process = start("import sys; print(1, flush=True); sys.stdin.read()", f"--config={layout.home}/x")
    process.stdout.readline()
    record(layout, process)
    assert end_leftovers(layout) == ["host1/node"]
    assert process.wait() == -15
    assert not layout.status_file.exists()


def test_a_stubborn_leftover_is_killed(layout: Layout, start: Start, monkeypatch) -> None:
    monkeypatch.setattr("debros.local.running.STOP_TIMEOUT", 0.2)
    process = start(IGNORES_SIGTERM, f"--config={layout.home}/x")
    process.stdout.readline()
    record(layout, process)
    end_leftovers(layout)
    assert process.wait() == -9


def test_another_process_with_the_recorded_pid_is_left_alone(layout: Layout, start: Start) -> None:
    process = start("import sys; sys.stdin.read()", f"--config={layout.home}/x")
    record(layout, process, start_time=1)
    assert end_leftovers(layout) == []
    assert is_running(identify(process.pid))


def test_a_process_that_is_not_of_this_cluster_is_left_alone(layout: Layout, start: Start) -> None:
    process = start("import sys; sys.stdin.read()")
    record(layout, process)
    assert end_leftovers(layout) == []
    assert is_running(identify(process.pid))
