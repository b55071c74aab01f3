"""The supervisor as a process of its own: what its signals do to the children."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from debros import supervise
from debros.supervise import identify, is_running

PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from debros.supervise import ProcessSpec, Supervisor
folder, python, witness = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def spec(name, *after):
    argv = [python, "-I", "-S", "-c", witness, str(folder / "journal"), name]
    return ProcessSpec(name=name, argv=argv, log_path=folder / f"{name}.log", after=after)
def note():
    (folder / "draft").write_text(" ".join(str(s.pid) for s in supervisor.status()))
    os.replace(folder / "draft", folder / "pids")
supervisor = Supervisor([spec("one"), spec("two", "one")], on_change=note)
asyncio.run(supervisor.run())
"""


@contextlib.contextmanager
def supervising(workshop) -> Iterator[subprocess.Popen[bytes]]:
    witness = workshop.witness("x").argv[4]
    source = str(Path(supervise.__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(workshop.folder), sys.executable, witness],
        env=os.environ | {"PYTHONPATH": source},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


async def started(workshop) -> list:
    def pids() -> list[str]:
        return (workshop.folder / "pids").read_text().split()

    await workshop.until(lambda: len(workshop.lines()) == 2 and all(pid.isdigit() for pid in pids()))
    return [identify(int(pid)) for pid in pids()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_request_to_stop_is_graceful(workshop, number: int) -> None:
    with supervising(workshop) as process:
        children = await started(workshop)
        process.send_signal(number)
        await workshop.until(lambda: process.poll() is not None)
        assert process.returncode == 0
    assert workshop.lines()[2:] == ["stopped two", "stopped one"]
    assert not any(is_running(child) for child in children)


async def test_kill_9_takes_the_children_along(workshop) -> None:
    with supervising(workshop) as process:
        children = await started(workshop)
        assert all(is_running(child) for child in children)
        process.kill()
        await workshop.until(lambda: not any(is_running(child) for child in children))
    assert len(workshop.lines()) == 2  # none of them had time for anything
