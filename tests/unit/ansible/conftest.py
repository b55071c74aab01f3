"""What the tests of roles and plugins share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def playbook(tmp_path):
    """Runs a playbook with an inventory, given as data, from a directory of its own: `playbook(path, inventory, …)`."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "cwd").mkdir()

    def run(path: Path, inventory: dict, *arguments: str) -> subprocess.CompletedProcess:
        settings = {"all": {"vars": {"ansible_python_interpreter": sys.executable, "ansible_become": False}}}
        (tmp_path / "inventory" / "hosts.yml").write_text(yaml.safe_dump({**inventory, **settings}))
        return subprocess.run(
            [ROOT / ".venv/bin/ansible-playbook", "-i", tmp_path / "inventory/hosts.yml", path, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path / "cwd",
            env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        )

    return run
