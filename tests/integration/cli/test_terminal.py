"""`network-cli` at a real terminal and in a shell's pipes, against a real host."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testkit.terminal import Terminal

PROGRAM = str(Path(sys.executable).with_name("network-cli"))
CTRL_C = "\x03"


@pytest.fixture
def at_terminal(env: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    """Start the program at a terminal of its own."""
    running: list[Terminal] = []

    def start(*words: str, columns: int = 80, **more: str) -> Terminal:
        running.append(Terminal([PROGRAM, *words], env | more, columns=columns))
        return running[-1]

    yield start
    for terminal in running:
        terminal.close()


@pytest.fixture
def piped(env: dict[str, str]) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run a line of bash, in which the program is on the PATH."""
    path = f"{Path(PROGRAM).parent}{os.pathsep}{env['PATH']}"

    def piped(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", line], env=env | {"PATH": path}, capture_output=True, text=True, timeout=120, check=False
        )

    return piped


@pytest.fixture
def stranger(env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who is not signed in and has no browser."""
    url = f"http://127.0.0.1:{6001 + int(env['DEBROS_PORT_OFFSET'])}"
    nowhere = {"BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    return nowhere | {"DEBROS_CREDENTIALS_FILE": str(tmp_path / "none.json"), "DEBROS_GATEWAY_URL": url}


@pytest.mark.cluster
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_tables_fit_the_terminal_and_leave_nothing_out(columns, at_terminal) -> None:
    sql = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3)"
        " SELECT i AS id, 'name' || i AS name, printf('%090d', i) AS digits, NULL AS void FROM n"
    )
    for words in (["query", sql], ["peers"], ["status"], ["health"]):
        terminal = at_terminal(*words, columns=columns, NO_COLOR="1")
        assert terminal.end() == 0, terminal.text
        assert max(map(len, terminal.text.splitlines())) <= columns, terminal.text
        if words[0] == "query":
            assert terminal.text.count("NULL") == 3
            assert terminal.text.count("0") == 3 * 89
            assert all(name in terminal.text for name in ("name1", "name2", "name3"))


@pytest.mark.cluster
def test_colours_only_for_a_terminal_that_has_them_and_who_wants_them(at_terminal, piped) -> None:
    words = ["query", "SELECT 1 AS one"]
    coloured, plain, dumb = (at_terminal(*words, **env) for env in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}))
    assert [one.end() for one in (coloured, plain, dumb)] == [0, 0, 0]
    assert "\x1b[" in coloured.raw
    assert "\x1b" not in plain.raw + dumb.raw
    assert coloured.text == plain.text == dumb.text
    assert "\x1b" not in piped("network-cli query 'SELECT 1 AS one'").stdout


@pytest.mark.cluster
def test_who_reads_the_first_line_only_ends_it_quietly(piped) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)"
    line = f'network-cli query "{numbers} SELECT i, hex(zeroblob(100)) FROM n"'
    assert len(piped(line).stdout) > 1_000_000  # more than any pipe holds
    done = piped(f'{line} | head -1; echo "${{PIPESTATUS[*]}}"')
    first, codes = done.stdout.splitlines()
    assert (first.partition("\t")[0], codes, done.stderr) == ("i", "141 0", "")


@pytest.mark.cluster
def test_ctrl_c_ends_a_subscription_and_a_sign_in_without_a_trace(at_terminal, stranger) -> None:
    waiting = {"subscribed to": ["pubsub", "subscribe", "cli-terminal"], "Waiting": ["auth", "login", "--device"]}
    for shown, words in waiting.items():
        terminal = at_terminal(*words, **(stranger if words[0] == "auth" else {}))
        terminal.shows(shown)
        terminal.type(CTRL_C)
        assert terminal.end() == 130
        assert "Traceback" not in terminal.text
        assert "Error" not in terminal.text


@pytest.mark.cluster
def test_with_no_input_nobody_is_waited_for_at_a_terminal_either(at_terminal, stranger) -> None:
    for words in (["storage", "list"], ["auth", "login"]):
        terminal = at_terminal(*words, "--no-input", **stranger)
        assert terminal.end() == 3
        assert "network-cli auth login" in terminal.text
    assert not Path(stranger["DEBROS_CREDENTIALS_FILE"]).exists()
