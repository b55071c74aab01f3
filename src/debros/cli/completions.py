"""What makes Tab complete network-cli, for each shell; as files in completions/: `python -m debros.cli.completions`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from click.shell_completion import get_completion_class

PROGRAM = "network-cli"
# Shell → the name under which it looks for the file when `network-cli` is typed.
FILES = {"bash": PROGRAM, "zsh": f"_{PROGRAM}", "fish": f"{PROGRAM}.fish"}
_FOLDER = Path(__file__).resolve().parents[3] / "completions"
_VARIABLE = "_NETWORK_CLI_COMPLETE"  # what click asks the environment for, derived from the program's name
# click's script for zsh asks whether it is being loaded from $fpath, which is so at the first Tab only: at the second
# one nothing happens. Whether it runs as the function of its file's name is so each time.
LOADING, RUNNING = "$zsh_eval_context[-1] == loadautofunc", f"$funcstack[1] == {FILES['zsh']}"


def script(shell: str) -> str:
    """Return the script for a shell, one of `FILES`; the program itself is asked at each Tab."""
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(click.Command(PROGRAM), {}, PROGRAM, _VARIABLE).source().replace(LOADING, RUNNING)


def main() -> int:
    """Write the files, each in the folder of its shell; return the exit code."""
    for shell, name in FILES.items():
        file = _FOLDER / shell / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script(shell), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
