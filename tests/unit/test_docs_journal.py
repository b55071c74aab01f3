"""The queries of operate.md and units.md find what our programs say: options, units, fields, words."""

import ast
import itertools
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from debros.journal import field_name
from testkit.docblocks import OPERATORS, ROOT, looks

QUERIES = list(
    dict.fromkeys(line for page in OPERATORS for line in looks(ROOT / page) if line.startswith("journalctl"))
)
_NEEDED = pytest.mark.skipif(shutil.which("journalctl") is None, reason="there is no systemd here")
_SPEAKS = {"debug", "info", "warning", "error", "exception", "bind_contextvars", "log", "write"}


def said() -> Iterator[ast.Call]:
    """Yield the calls in the source that log something."""
    for path in (ROOT / "src/debros").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = node.func.body if isinstance(node.func, ast.IfExp) else node.func
                if (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) in _SPEAKS:
                    yield node


FIELDS = {field_name(word.arg) for call in said() for word in call.keywords if word.arg} | {"DEBROS_LOGGER"}
WORDS = " | ".join(ast.unparse(call.args[0]) for call in said() if call.args)


def test_there_are_enough_of_them() -> None:
    assert len(QUERIES) > 12
    assert len(FIELDS) > 30


@_NEEDED
@pytest.mark.parametrize("query", QUERIES)
def test_journalctl_takes_it(query: str, tmp_path: Path) -> None:
    words = [*shlex.split(query), "--no-pager", f"--directory={tmp_path}"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    refused = ("unrecognized", "invalid option", "requires an argument", "Failed to parse", "Unknown", "Bad")
    assert not any(word in done.stderr for word in refused), done.stderr


@_NEEDED
def test_a_wrong_one_would_be_seen(tmp_path: Path) -> None:
    done = subprocess.run(
        ["journalctl", "--nonsense", f"--directory={tmp_path}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert "unrecognized" in done.stderr


@pytest.mark.parametrize("query", QUERIES)
def test_units_fields_and_words_are_ours(query: str) -> None:
    words = shlex.split(query)
    for unit in (value for flag, value in itertools.pairwise(words) if flag == "-u"):
        assert list((ROOT / "systemd").glob(unit if "*" in unit or "." in unit else f"{unit}.service")), unit
    for field, value in re.findall(r"\b(DEBROS_[A-Z_]+)=(\S+)", query):
        assert field in FIELDS, field
        assert field != "DEBROS_LOGGER" or f'"{value}"' in _source()
    for value in (value for flag, value in itertools.pairwise(words) if flag == "-g"):
        for alternative in value.split("|"):
            assert alternative in WORDS, alternative


def test_the_fields_that_are_listed_exist() -> None:
    listed = set(re.findall(r"`(DEBROS_[A-Z_]+)`", (ROOT / "docs/operate.md").read_text()))
    assert len(listed) > 6
    assert listed - FIELDS == set()


def _source() -> str:
    return "\n".join(path.read_text() for path in (ROOT / "src/debros/gateway").rglob("*.py"))
