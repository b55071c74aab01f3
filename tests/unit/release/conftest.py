"""A small project with the files a release is made of, and a small release of it."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from debros.release import archive
from debros.release.manifest import Entry, Manifest

PYPROJECT = """
[project]
name = "debros"
version = "1.2.3"
description = "A backend."
requires-python = ">=3.11"
license = "AGPL-3.0-or-later"
license-files = ["LICENSE"]
classifiers = ["Typing :: Typed"]
dependencies = ["six==1.0"]
[project.scripts]
debros-node = "debros.node:main"
"""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    top = tmp_path / "project"
    write(top, {
        "LICENSE": "free\n",
        "README.md": "not shipped\n",
        "inventories/prod/secrets/ca.key": "never\n",
        "migrations/001.sql": "SELECT 1;\n",
        "pyproject.toml": PYPROJECT,
        "roles/node/tasks/main.yml": "---\n",
        "roles/node/secrets/x": "never\n",
        "scripts/run.sh": "#!/bin/sh\n",
        "site.yml": "---\n",
        "src/debros/__init__.py": "",
        "src/debros/__pycache__/x.pyc": "",
        "src/debros/release/__init__.py": "",
        "src/debros/.swp": "",
        "systemd/debros-node.service": "[Unit]\n",
        "ansible/site.yml": "---\n",
    })  # fmt: skip
    (top / "scripts/run.sh").chmod(0o755)
    (top / "playbooks").symlink_to("ansible")
    return top


@pytest.fixture
def commit():
    """Commit everything below a directory at a fixed moment and return the commit's id."""

    def run(top: Path, *words: str) -> str:
        command = ["git", "-C", top, "-c", "user.name=T", "-c", "user.email=t@example.org", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def commit(top: Path, moment: str = "2026-01-02T03:04:05+00:00") -> str:
        if not (top / ".git").exists():
            run(top, "init", "-q")
        run(top, "add", "-A")
        command = ["git", "-C", top, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "x"]
        environ = {"GIT_COMMITTER_DATE": moment, "GIT_AUTHOR_DATE": moment, "PATH": "/usr/bin:/bin"}
        subprocess.run(command, env=environ, capture_output=True, check=True)
        return run(top, "rev-parse", "HEAD")

    return commit


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def small(tmp_path: Path):
    """`small(files, links)` writes a release of these and returns its archive and manifest."""

    def make(files: dict[str, str], links: dict[str, str] | None = None, **changes: object) -> tuple[Path, Manifest]:
        home = tmp_path / "content"
        write(home, files)
        entries = [Entry(name, digest(text), source=home / name) for name, text in files.items()]
        entries += [Entry(name, "", link=target) for name, target in (links or {}).items()]
        about = {
            "version": "1.2.3",
            "commit": "c",
            "build_time": "t",
            "arch": "x86_64",
            "pythons": ("3.11", "3.12", "3.13"),
        }
        rqlite = {"version": "10.2.7", "source": "release", "sha256": "0", "note": ""}
        order = tuple(sorted(entries, key=lambda entry: entry.path))
        whole = Manifest(**{**about, "rqlite": rqlite, "entries": order, **changes})
        target = tmp_path / f"debros-{whole.id}.tar.gz"
        archive.write(whole, target)
        return target, whole

    return make
