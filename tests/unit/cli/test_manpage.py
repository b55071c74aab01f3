"""The manual page is current, complete, and one that man(1) can read."""

import shutil
import subprocess
from pathlib import Path

import click
import pytest

from debros.cli import manpage, reference
from testkit import commandtree

PAGE = Path(__file__).resolve().parents[3] / "docs" / "network-cli.1"


def test_the_page_in_the_repository_is_current() -> None:
    assert manpage.main(["--check"]) == 0


def test_a_page_that_is_not_current_fails_the_check(tmp_path, capsys) -> None:
    page = tmp_path / "page.1"
    assert manpage.main(["--check", str(page)]) == 1
    manpage.main([str(page)])
    assert manpage.main(["--check", str(page)]) == 0
    assert "python -m debros.cli.manpage" in capsys.readouterr().err


def test_every_command_is_on_both_pages() -> None:
    found = ["network-cli " + " ".join(words) for words, one in commandtree.walk() if not isinstance(one, click.Group)]
    assert len(found) > 25
    manual, markdown = PAGE.read_text().replace("\\-", "-"), reference.reference()
    for path in found:
        assert f".SS {path} " in manual
        assert f"### {path}\n" in markdown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\\b", "a\\eb"),
        (".x", "\\&.x"),
        ("'x", "\\&'x"),
        ("a\n\nb", "a\n.PP\nb"),
        ("--x", "\\-\\-x"),
        ("a→b", "a\\[u2192]b"),
    ],
)
def test_text_is_shown_as_it_is(text, shown) -> None:
    assert manpage._text(text) == shown


@pytest.mark.skipif(not shutil.which("groff"), reason="there is no groff to read it with")
def test_groff_has_nothing_to_say_about_it() -> None:
    done = subprocess.run(["groff", "-man", "-ww", "-z", str(PAGE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
