"""What is typed, piped or missing, with the program on a real terminal."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

DEADLINE = 120  # seconds; for what has to happen, however slow the machine


@dataclass
class Terminal:
    """Two ends of one: what a program has as its stdin, and the keyboard."""

    program: int
    keyboard: int


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    keyboard, program = pty.openpty()
    yield Terminal(program, keyboard)
    os.close(keyboard)
    os.close(program)


@pytest.mark.parametrize(
    "args", [["query", "-"], ["storage", "put", "k", "-"], ["storage", "put", "k"], ["pubsub", "publish", "t", "-"]]
)
def test_with_no_input_nobody_is_waited_for(args, gateway, start, terminal) -> None:
    process = start(*args, "--no-input", "--format", "json", "--gateway", gateway.url, stdin=terminal.program)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out) == (2, b"")
    error = json.loads(err)
    assert (error["code"], error["exit_code"]) == ("usage", 2)
    assert error["error"].endswith(" would have to be typed, and --no-input was given")
    assert gateway.requests == []


def test_without_it_a_person_types_until_ctrl_d(gateway, start, terminal) -> None:
    gateway.answer("/v1/rqlite/query", {"columns": ["a"], "rows": [[1]], "items": [{"a": 1}], "count": 1})
    process = start("query", "-", "--gateway", gateway.url, stdin=terminal.program)
    assert b"from the terminal; end with Ctrl-D" in process.stderr.readline()
    os.write(terminal.keyboard, b"SELECT 1\n\x04")
    out, _ = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out) == (0, b"a\n1\n")
    assert gateway.last.json() == {"sql": "SELECT 1\n"}


def test_with_no_input_a_pipe_is_read_all_the_same(gateway, run) -> None:
    gateway.answer("/v1/rqlite/query", {"columns": ["a"], "rows": [[1]], "items": [{"a": 1}], "count": 1})
    assert run("query", "-", "--no-input", input="SELECT 1").exit_code == 0
    assert gateway.last.json() == {"sql": "SELECT 1"}


def test_without_a_stdin_nothing_is_taken_for_empty(gateway) -> None:
    command = [sys.executable, "-m", "debros.cli.main", "storage", "put", "k", "-", "--gateway", gateway.url]
    done = subprocess.run(
        ["bash", "-c", 'exec "$@" <&-', "bash", *command], capture_output=True, timeout=DEADLINE, check=False
    )
    assert done.returncode == 2
    assert b"there is no stdin to read" in done.stderr
    assert gateway.requests == []
