"""The README's commands, run in its order in a copy of the tree with an empty HOME, as a newcomer would."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from testkit.documents import server_commands, shell_blocks
from testkit.ports import free_offset

ROOT = Path(__file__).resolve().parents[2]


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
        if (ROOT / name).exists():
            target = tmp_path / "clone" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target, follow_symlinks=False)
    return tmp_path / "clone"


@pytest.fixture
def home() -> Iterator[Path]:
    """Return an empty HOME with a short name: the paths of sockets below it may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="home-") as path:
        yield Path(path)


@pytest.mark.cluster
@pytest.mark.timeout(1800)
def test_every_command_of_the_readme_works(clone: Path, home: Path) -> None:
    offset = free_offset()
    env = os.environ | {"HOME": str(home), "DEBROS_PORT_OFFSET": str(offset)}
    env.pop("DEBROS_HOME", None)
    env.pop("VIRTUAL_ENV", None)
    text = script((clone / "README.md").read_text(), offset)
    # A second start is one more command of a newcomer's, and changes nothing.
    assert text.startswith("make up\n")
    text = f"make up\n{text}"
    assert "make down" in text
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=clone, env=env, capture_output=True, text=True, timeout=1500, check=False,
        )  # fmt: skip
    finally:
        subprocess.run(["make", "down"], cwd=clone, env=env, capture_output=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.index("1 host, started in") < done.stdout.index("1 host, was running already")
    assert '"status":"ok"' in done.stdout
    assert '"name":"Alice"' in done.stdout
    assert "hello" in done.stdout
    assert "it works" in done.stdout
    assert "namespace\tshop" in done.stdout
    assert "1\tbread" in done.stdout
    assert "ok    gateway:" in done.stdout


def test_the_commands_for_servers_are_those_the_host_tests_run() -> None:
    """tests/hosts/installer/test_3_online.py takes the first out of README; the second is each scenario's converge."""
    install, deploy = server_commands()
    script = install.partition("curl -sSL ")[2].partition(" | sudo bash")[0]
    assert (ROOT / "scripts" / script.rpartition("/")[2]).exists()
    for file in ("docs/install.md", "scripts/install-debros-network.sh"):
        assert install in (ROOT / file).read_text(), file
    molecule = yaml.safe_load((ROOT / ".config/molecule/config.yml").read_text())["ansible"]
    playbook = molecule["playbooks"]["converge"].removeprefix("${MOLECULE_PROJECT_DIRECTORY}/")
    assert deploy == f"ansible-playbook {playbook} -i inventories/prod"
    assert (ROOT / "inventories/prod/hosts.yml").exists()
    done = subprocess.run(
        ["bash", "-c", f"{deploy} --list-hosts"],
        cwd=ROOT, env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hosts (3):" in done.stdout, "the sample's"


@pytest.mark.timeout(900)
def test_a_controller_is_made_as_the_documentation_says(clone: Path, tmp_path: Path) -> None:
    """The commands of docs/deploy.md up to the first one that needs hosts, which is only looked through."""
    (tmp_path / "home").mkdir()
    text = "\n".join(shell_blocks((clone / "docs/deploy.md").read_text()))
    make, copy, run, *_ = re.split(r"\n(?=cp -r|ansible-playbook)", text)
    assert copy.startswith("cp -r inventories/prod inventories/mine")
    assert run.startswith("ansible-playbook site.yml -i inventories/mine")
    commands = f"{make}\n{copy}\n{run.splitlines()[0]} --syntax-check\nansible-playbook --version"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=clone, env=os.environ | {"HOME": str(tmp_path / "home")}, capture_output=True, text=True,
        timeout=800, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "playbook: site.yml" in done.stdout
    assert "[core 2.19" in done.stdout
    assert f"{tmp_path}/home/.debros/ansible" in done.stdout, "another Ansible than the one just installed has answered"
