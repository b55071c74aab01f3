import json
import os
import pty
import re
import select

import pytest
from rich.cells import cell_len

from debros.terminal import output, tables


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "NULL"),
        ("NULL", "'NULL'"),
        (2**63 - 1, "9223372036854775807"),
        (True, "true"),
        (1.5, "1.5"),
        ("", ""),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x9bb", "a\\x9bb"),
        ("a\tb", "a\\tb"),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_a_cell_tells_values_apart_and_cannot_steer_the_terminal(value, shown) -> None:
    assert output.cell(value) == shown


def test_into_a_pipe_rows_are_tab_separated_and_reversible(capfdbinary) -> None:
    output.table(["a\tb", "c"], [["x\ty\nz\\", None], ["\\N", "é"], [1, True]])
    assert capfdbinary.readouterr().out.decode() == "a\\tb\tc\nx\\ty\\nz\\\\\t\\N\n\\\\N\té\n1\ttrue\n"


def test_json_into_a_pipe_is_one_line(capfdbinary) -> None:
    output.document({"é": 2**63, "n": None})
    text = capfdbinary.readouterr().out.decode()
    assert text == '{"é": 9223372036854775808, "n": null}\n'


def test_half_a_surrogate_pair_does_not_end_the_program(capfdbinary) -> None:
    output.document({"a": "\ud800"})
    assert json.loads(capfdbinary.readouterr().out) == {"a": "\ud800"}


@pytest.fixture
def on_terminal(start, gateway):
    """Run the program on a terminal of its own and return what appears on it."""

    def on_terminal(*args: str, columns: int = 80, env: dict[str, str] | None = None) -> str:
        ours, theirs = pty.openpty()
        size = {"COLUMNS": str(columns), "LINES": "24", "TERM": "xterm", "DEBROS_GATEWAY_URL": gateway.url}
        process = start(*args, stdout=theirs, env=size | (env or {}))
        os.close(theirs)
        shown = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # EIO: the other side is closed
                break
        os.close(ours)
        assert process.wait(60) == 0, process.stderr.read()
        return shown.decode().replace("\r\n", "\n")

    return on_terminal


ROWS = {"columns": ["id", "name"], "rows": [[1, "Alice"], [2**53 + 1, None]], "count": 2}


def test_a_terminal_gets_a_table_with_colour_unless_not_wanted(on_terminal, gateway) -> None:
    gateway.answer("/v1/rqlite/query", ROWS)
    coloured = on_terminal("query", "SELECT 1")
    plain = on_terminal("query", "SELECT 1", env={"NO_COLOR": "1"})
    dumb = on_terminal("query", "SELECT 1", env={"TERM": "dumb"})
    assert "\x1b[" in coloured
    assert "\x1b" not in plain
    assert "\x1b" not in dumb
    for shown in (re.sub(r"\x1b\[[0-9;]*m", "", coloured), plain):
        assert re.search(r"^\s*9007199254740993\s+NULL", shown, re.MULTILINE)
        assert "\t" not in shown


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_a_table_never_is_wider_than_the_terminal(columns, on_terminal, gateway) -> None:
    names = [f"column{n}" for n in range(12)]
    gateway.answer("/v1/rqlite/query", {"columns": names, "rows": [["x" * 3] * 12, ["yy yy"] * 12], "count": 2})
    shown = on_terminal("query", "SELECT 1", columns=columns, env={"NO_COLOR": "1"})
    assert max(map(len, shown.splitlines())) <= columns
    assert all(name in shown for name in names)
    assert shown.count("xxx") == 12
    assert "row 2" in shown


@pytest.mark.parametrize(("columns", "beside"), [(20, False), (40, False), (80, True), (200, True)])
def test_names_and_values_never_are_wider_than_the_terminal(columns, beside, on_terminal, gateway) -> None:
    server = {f"a.name.of.{'n' * 20}": "".join(chr(ord("a") + n % 26) for n in range(120)), "short": "漢字" * 30}
    gateway.answer("/v1/status", {"server": server})
    shown = on_terminal("status", columns=columns, env={"NO_COLOR": "1"})
    assert max(map(cell_len, shown.splitlines())) <= columns
    together = "".join(line.strip() for line in shown.splitlines())
    assert all(value in together for value in server.values())
    assert ("server.short  " in shown) == beside


def test_a_long_text_is_folded_and_complete(on_terminal, gateway) -> None:
    text = "".join(chr(ord("a") + n % 26) for n in range(300))
    gateway.answer("/v1/rqlite/query", {"columns": ["id", "text"], "rows": [[1, text]], "count": 1})
    shown = on_terminal("query", "SELECT 1", columns=60, env={"NO_COLOR": "1"})
    assert max(map(len, shown.splitlines())) <= 60
    assert text in "".join(line.removeprefix(" 1").strip() for line in shown.splitlines())


def test_data_cannot_steer_a_terminal(on_terminal, gateway) -> None:
    evil = "\x1b]0;owned\x07\x9b31m"
    gateway.answer("/v1/rqlite/query", {"columns": [evil, "b"], "rows": [[evil, evil]], "count": 1})
    gateway.answer("/v1/storage/list", {"keys": [evil]})
    gateway.answer("/v1/status", {"server": {evil: evil}})
    for args in (["query", "SELECT 1"], ["storage", "list"], ["status"], ["storage", "list", "--format", "json"]):
        shown = on_terminal(*args, env={"NO_COLOR": "1"})
        assert not re.search("[\x07\x1b\x9b]", shown), args


def test_json_on_a_terminal_is_laid_out_and_still_json(on_terminal, gateway) -> None:
    gateway.answer("/v1/storage/list", {"keys": ["é\x9b"]})
    shown = on_terminal("storage", "list", "--format", "json")
    assert json.loads(shown) == {"keys": ["é\x9b"]}
    assert "\n  " in shown
    assert "é" in shown


def test_text_from_storage_is_shown_on_a_terminal_and_anything_else_refused(on_terminal, start, gateway) -> None:
    gateway.answer("/v1/storage/get", "grüße\n".encode())
    assert on_terminal("storage", "get", "k") == "grüße\n"
    gateway.answer("/v1/storage/get", b"\x1b[31m")
    ours, theirs = pty.openpty()
    process = start("storage", "get", "k", stdout=theirs, env={"DEBROS_GATEWAY_URL": gateway.url})
    os.close(theirs)
    _, talk = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 1
    assert b"--output FILE" in talk


def test_widths_count_cells_and_not_characters() -> None:
    assert tables._needs(["a"], [["漢字"]]) == tables._needs(["a"], [["abcd"]])
