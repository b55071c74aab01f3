"""Completion as somebody has it: a real interactive shell at a terminal, in which Tab is pressed."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testkit.terminal import Terminal

PROMPT = "ready> "
# How each is started without anybody's own settings, and what it is told; the prompt that it shows then has an X less.
SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], "PS1='Xready> '; PS1=${PS1#X}"),
    "zsh": (["-f", "-i"], "autoload -Uz compinit; compinit -u -D; unsetopt PROMPT_SP; PS1='Xready> '; PS1=${PS1#X}"),
    "fish": (["--no-config", "-i"], "function fish_prompt; printf '%s> ' read''y; end"),
}
# As the help page says, and as hosts have it: a file where the shell looks for it.
FILES = Path(__file__).parents[4] / "completions"
COMMAND = {
    "bash": 'eval "$(network-cli completion bash)"',
    "zsh": 'eval "$(network-cli completion zsh)"',
    "fish": "network-cli completion fish | source",
}
FILE = {
    "bash": f". {FILES}/bash/network-cli",
    "zsh": f"fpath=({FILES}/zsh $fpath); compinit -u -D",
    "fish": f"set -p fish_complete_path {FILES}/fish",
}


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start a shell and let it load the script."""
    running = []

    def start(name: str, load: dict[str, str]) -> Terminal:
        program = shutil.which(name)
        if program is None:
            text = f"{name} is not on PATH; scripts/system-deps.sh shells installs it"
            pytest.fail(text) if os.environ.get("CI") == "true" else pytest.skip(text)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        words, prepare = SHELLS[name]
        terminal = Terminal([program, *words], os.environ | {"PATH": path, "HOME": str(tmp_path), "TERM": "xterm"})
        running.append(terminal)
        terminal.type(f"{prepare}\r")
        terminal.shows(PROMPT)
        terminal.type(f"{load[name]}\r")
        terminal.shows(PROMPT)
        return terminal

    yield start
    for terminal in running:
        terminal.close()


@pytest.mark.parametrize("name", SHELLS)
def test_tab_completes_what_only_one_can_be_meant_by(name, shell) -> None:
    terminal = shell(name, FILE)
    for keys, completed in (("network-cli migr\t", "migrate "), ("sta\t", "status "), ("--own --form\t", "--format ")):
        terminal.type(keys)
        terminal.shows(completed)
    terminal.type("js\t")
    terminal.shows("json ")
    terminal.type("--help\r")
    terminal.shows("Usage: network-cli migrate status", PROMPT)


@pytest.mark.parametrize("name", SHELLS)
def test_tab_shows_all_that_can_be_meant(name, shell) -> None:
    terminal = shell(name, COMMAND)
    terminal.type("network-cli auth log\t\t")
    terminal.shows("login", "logout")
