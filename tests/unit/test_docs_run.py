"""Every command in a block of the documents is run by a test: here, or on hosts that are made for it."""

import subprocess
from pathlib import Path

import pytest

from testkit.docblocks import OPERATORS, ROOT, documents, looks, name, shell_lines
from testkit.docruns import LINES, WHOLE

PAGES = [page for page in documents() if shell_lines(page)]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_run_somewhere(page: Path) -> None:
    known = set(LINES.get(name(page), ()))
    if name(page) in OPERATORS:
        known |= set(looks(page))
    lines = {line.removesuffix(" -f").replace("=…", "=none") for line in shell_lines(page)}
    if name(page) not in WHOLE:
        assert sorted(lines - known) == [], "run them in a test, and say in testkit.docruns where"


def test_nothing_is_listed_in_vain() -> None:
    for page, lines in LINES.items():
        assert page not in WHOLE
        assert sorted(set(lines) - set(shell_lines(ROOT / page))) == [], page
    assert {name(page) for page in PAGES} == WHOLE.keys() | LINES.keys()


@pytest.mark.parametrize(("page", "test"), WHOLE.items())
def test_whole_pages_are_read_by_their_test(page: str, test: str) -> None:
    source = (ROOT / test).read_text()
    assert page.rpartition("/")[2] in source
    assert "mark.skip" not in source


@pytest.mark.parametrize("page", LINES)
def test_single_commands_are_in_their_test(page: str) -> None:
    for line, run in LINES[page].items():
        assert run.words in (ROOT / run.test).read_text(), f"{line}: {run.words!r} is not in {run.test}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_shell_can_read_them(page: Path) -> None:
    script = "\n".join(shell_lines(page))
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
