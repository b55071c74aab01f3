import shlex

import click
import pytest

from debros.cli import reference
from debros.cli.main import cli


def test_the_page_in_the_repository_is_current() -> None:
    assert reference.main(["--check"]) == 0


def test_a_page_that_is_not_current_fails_the_check(tmp_path, capsys) -> None:
    page = tmp_path / "cli.md"
    assert reference.main(["--check", str(page)]) == 1
    reference.main([str(page)])
    assert reference.main(["--check", str(page)]) == 0
    page.write_text(page.read_text() + "more\n")
    assert reference.main(["--check", str(page)]) == 1
    assert "python -m debros.cli.reference" in capsys.readouterr().err


@pytest.mark.parametrize("columns", ["40", "200"])
def test_the_page_does_not_depend_on_the_terminal(columns, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert reference.main(["--check"]) == 0


@pytest.mark.parametrize(
    "text",
    ["network-cli pubsub subscribe", "`--cursor CURSOR`", "`--api-key-file PATH`", "DEBROS_GATEWAY_URL", "| 5 | unav"],
)
def test_the_page_has_commands_options_variables_and_exit_codes(text) -> None:
    assert text in reference.reference()


def test_every_example_is_a_command_line_that_parses() -> None:
    for line in reference.reference().splitlines():
        if not line.startswith("network-cli "):
            continue
        words = shlex.split(line)[1:]
        end = next((n for n, word in enumerate(words) if word in {"<", ">", "|", "&&", ">/dev/null"}), len(words))
        ctx: click.Context | None = click.Context(cli)
        command: click.Command = cli
        words = words[:end]
        while isinstance(command, click.Group):
            found = command.get_command(ctx, words.pop(0))
            assert found is not None, line
            command = found
        command.make_context("x", words, resilient_parsing=False)
