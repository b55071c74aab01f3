"""Every target of the Makefile: known, listed, and made of commands that exist. None is run."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z0-9-]+):", MAKEFILE, flags=re.MULTILINE)
HELPERS = {"env", "env-any", "env-dev", "env-hosts"}


def make(*words: str, directory: Path = ROOT) -> str:
    done = subprocess.run(["make", *words], cwd=directory, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_target_but_the_helpers_is_listed() -> None:
    listed = re.findall(r"^  make (\S+) +\S", make("help"), flags=re.MULTILINE)
    assert len(listed) > 20
    assert listed == [target for target in TARGETS if target not in HELPERS]
    assert make() == make("help")


def test_no_target_is_taken_for_a_file() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)
    assert phony
    assert sorted(phony[1].split()) == sorted(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_the_commands_of_every_target_exist(target: str) -> None:
    script = make("--dry-run", target)
    assert script.strip()
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    for path in re.findall(r"(?<![\w/.*])(?:scripts|bench|tests)/[\w./-]*\w", script):
        assert (ROOT / path).exists(), path
    for module in re.findall(r"-m ([a-z][\w.]+)", script):
        assert module.startswith("testkit") or find_spec(module), module
    for program in re.findall(r"(?<![\w/])\.venv/bin/([\w-]+)", script):
        assert (Path(sys.executable).parent / program).exists(), program


def test_variables_reach_the_program() -> None:
    assert make("--dry-run", "up").endswith("-m debros.local up \n")
    assert make("--dry-run", "up", "NODES=3").endswith("-m debros.local up --nodes 3\n")


def test_the_documented_targets_exist() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(file.read_text() for file in documents)
    named = set(re.findall(r"(?:^|`|&& )make ([a-z][a-z0-9-]*)", text, flags=re.MULTILINE))
    assert len(named) > 8
    assert named <= set(TARGETS)


def test_a_running_cluster_is_looked_after_with_an_old_environment_or_none(tmp_path: Path) -> None:
    """The tree before `make up` and after `make clean`, and one whose requirements have changed since."""
    for name in ("Makefile", "scripts", "src"):
        (tmp_path / name).symlink_to(ROOT / name)
    home = f"DEBROS_HOME={tmp_path / 'dev'}"
    assert make("down", home, directory=tmp_path) == "Nothing is running.\n"
    assert not (tmp_path / ".venv").exists()
    (tmp_path / ".venv").symlink_to(sys.prefix)  # without the files of requirements it is never up to date
    assert make("status", home, directory=tmp_path).startswith("Nothing is running")
