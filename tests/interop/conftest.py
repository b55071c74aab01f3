"""JavaScript's own libraries as judges; their packages are installed once, outside the repository."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def js_script():
    """A function that puts scripts of this folder where Node finds the packages, and returns the first one's place."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("npm and node must be on PATH in CI: they judge our keys and signatures")
        pytest.skip("npm and node are not on PATH")
    manifest = (HERE / "package.json").read_bytes()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = caches / "debros" / f"interop-{hashlib.sha256(manifest).hexdigest()[:16]}"
    if not (home / "node_modules").is_dir():
        draft = home.with_name(f".{home.name}-{os.getpid()}")
        draft.mkdir(parents=True)
        (draft / "package.json").write_bytes(manifest)
        npm = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        done = subprocess.run(npm, cwd=draft, capture_output=True, text=True, timeout=240, check=False)
        if done.returncode != 0:
            text = f"npm install failed:\n{done.stderr[-2000:]}"
            pytest.fail(text) if os.environ.get("CI") == "true" else pytest.skip(text)
        try:
            draft.rename(home)
        except OSError:  # another test run was first: its installation is the same
            shutil.rmtree(draft)

    def place(*scripts):
        for script in scripts:
            # Node finds packages from the script's own place, so the script goes next to them.
            # Another test run may be reading it.
            draft = home / f".{os.getpid()}-{script}"
            shutil.copy(HERE / script, draft)
            draft.replace(home / script)
        return home / scripts[0]

    return place


@pytest.fixture(scope="session")
def js(js_script):
    """A function that runs one of the scripts beside this file and returns the JSON it prints."""

    def run(script, *words):
        line = ["node", js_script(script), *words]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
