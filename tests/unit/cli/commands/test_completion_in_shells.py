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
LOAD = {"bash": 'eval "$(network-cli completion bash)"', "zsh": 'eval "$(network-cli completion zsh)"'}
LOAD["fish"] = "network-cli completion fish | source"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Callable[[str], Terminal]]:
    """Start a shell and let it load the script as the help page says."""
    running = []

    def start(name: str) -> Terminal:
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
        terminal.type(f"{LOAD[name]}\r")
        terminal.shows(PROMPT)
        return terminal

    yield start
    for terminal in running:
        terminal.close()


@pytest.mark.parametrize("name", SHELLS)
def test_tab_completes_what_only_one_can_be_meant_by(name, shell) -> None:
    terminal = shell(name)
    for keys, completed in (("network-cli migr\t", "migrate "), ("sta\t", "status "), ("--own --form\t", "--format ")):
        terminal.type(keys)
        terminal.shows(completed)
    terminal.type("js\t")
    terminal.shows("json ")
    terminal.type("--help\r")
    terminal.shows("Usage: network-cli migrate status", PROMPT)


@pytest.mark.parametrize("name", SHELLS)
def test_tab_shows_all_that_can_be_meant(name, shell) -> None:
    terminal = shell(name)
    terminal.type("network-cli auth log\t\t")
    terminal.shows("login", "logout")
