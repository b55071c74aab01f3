"""Packages of npm, installed once for a package.json, outside the repository."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest


def installed(manifest: Path, name: str) -> Path:
    """Return the directory that has `node_modules` with the packages of a package.json.

    Where that is not possible the test is skipped, or fails with `CI=true`.

    Args:
        manifest: The package.json; another content is another directory.
        name: What the directory's name begins with.
    """
    if shutil.which("npm") is None or shutil.which("node") is None:
        _give_up("npm and node are not on PATH")
    content = manifest.read_bytes()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = caches / "debros" / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}"
    if not (home / "node_modules").is_dir():
        draft = home.with_name(f".{home.name}-{os.getpid()}")
        draft.mkdir(parents=True)
        (draft / "package.json").write_bytes(content)
        npm = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        done = subprocess.run(npm, cwd=draft, capture_output=True, text=True, timeout=240, check=False)
        if done.returncode != 0:
            _give_up(f"npm install failed:\n{done.stderr[-2000:]}")
        try:
            draft.rename(home)
        except OSError:  # another test run was first: its installation is the same
            shutil.rmtree(draft)
    return home


def _give_up(why: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)
