"""JavaScript's own libraries as judges; their packages are installed once, outside the repository."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from testkit import npm

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def js_script():
    """A function that puts scripts of this folder where Node finds the packages, and returns the first one's place."""
    home = npm.installed(HERE / "package.json", "interop")

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
