import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ZshComplete

from debros.cli import completions

FOLDER = Path(__file__).resolve().parents[4] / "completions"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell, run) -> None:
    done = run("completion", shell)
    assert done.exit_code == 0
    assert "_NETWORK_CLI_COMPLETE" in done.stdout


@pytest.mark.parametrize(("shell", "name"), completions.FILES.items())
def test_the_file_that_hosts_get_is_what_the_command_prints(shell, name, run) -> None:
    assert (FOLDER / shell / name).read_text() == run("completion", shell).stdout


def test_click_still_has_the_defect_that_is_mended() -> None:
    """When this fails, click's script for zsh may be good as it is: see `completions.LOADING`."""
    assert f"if [[ {completions.LOADING} ]]" in ZshComplete.source_template
    assert f"if [[ {completions.RUNNING} ]]" in completions.script("zsh")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("network-cli st", {"status", "storage"}),
        ("network-cli storage g", {"get"}),
        ("network-cli query --le", {"--level"}),
    ],
)
def test_what_the_script_asks_is_answered(words, found, run) -> None:
    env = {"_NETWORK_CLI_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = run(env=env)
    assert {line.partition(",")[2] for line in done.stdout.split()} == found


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("auth lo", {"login", "logout"}),
        ("migrate u", {"up"}),
        ("--form", {"--format"}),
        ("config init --type c", {"client"}),
    ],
)
def test_bash_completes_with_the_script(words, found, tmp_path) -> None:
    """The script in a real bash, with the program on the PATH under its name."""
    program = tmp_path / "network-cli"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m debros.cli.main "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(network-cli completion bash)"\n'
        f"COMP_WORDS=(network-cli {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
        "_network_cli_completion network-cli\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    environ = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == found, done.stderr
