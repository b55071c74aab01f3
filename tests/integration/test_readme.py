"""The README's commands, run in its order in a copy of the tree with an empty HOME, as a newcomer would."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from testkit.ports import free_offset

ROOT = Path(__file__).resolve().parents[2]


def shell_blocks(markdown: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", markdown, flags=re.MULTILINE | re.DOTALL)


def script(markdown: str, offset: int) -> str:
    """Return all blocks as one script with the ports moved by `offset`: the README's own may be in use."""
    text = "\n".join(shell_blocks(markdown))
    return re.sub(r"localhost:(\d+)", lambda m: f"localhost:{int(m[1]) + offset}", text)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a copy of what git would hand out (the working tree's version of it), sharing this tree's environment."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            target = tmp_path / "clone" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    return tmp_path / "clone"


@pytest.mark.cluster
def test_every_command_of_the_readme_works(clone: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    offset = free_offset()
    env = os.environ | {"HOME": str(home), "DEBROS_PORT_OFFSET": str(offset)}
    env.pop("DEBROS_HOME", None)
    env.pop("VIRTUAL_ENV", None)
    text = script((clone / "README.md").read_text(), offset)
    assert "make up" in text
    assert "make down" in text
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=clone, env=env, capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
    finally:
        subprocess.run(["make", "down"], cwd=clone, env=env, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status":"ok"' in done.stdout
    assert '"name":"Alice"' in done.stdout
    assert "hello" in done.stdout
    assert "it works" in done.stdout
