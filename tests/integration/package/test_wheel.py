"""The built wheel, run from where no checkout is near: it has its migrations, and knows which build it is."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
BUILD = {"version": "9.8.7", "commit": "c" * 40, "build_time": "2026-01-01T00:00:00Z"}
SHOW = """
import dataclasses, json
import debros
from debros import version
from debros.gateway.pages import sign_in
from debros.gateway.preparation import migrations_directory
from debros.rqlite.migrate import load_directory
directory = migrations_directory()
print(json.dumps({
    "package": debros.__file__,
    "migrations": str(directory),
    "files": [step.file for step in load_directory(directory)],
    "page": {name: len(sign_in.file(name)) for name in ("page.html", "refused.html", *sign_in.FILES)},
    "version": dataclasses.asdict(version.current()),
}))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The wheel's content, as an installation has it."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    site = tmp_path_factory.mktemp("site")
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(site)
    return site


def show(site, directory):
    environ = {**os.environ, "PYTHONPATH": str(site)}
    environ.pop("PYTHONSAFEPATH", None)
    done = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=directory, env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    shown = json.loads(done.stdout)
    assert Path(shown["package"]).is_relative_to(site)
    return shown


def test_the_migrations_are_in_it(unpacked, tmp_path):
    shown = show(unpacked, tmp_path)
    assert Path(shown["migrations"]).is_relative_to(unpacked)
    assert shown["files"] == sorted(path.name for path in (REPOSITORY / "migrations").glob("*.sql"))
    assert shown["files"]


def test_the_sign_in_page_is_in_it(unpacked, tmp_path):
    folder = REPOSITORY / "src" / "debros" / "gateway" / "pages" / "login"
    kept = {path.name: len(path.read_text(encoding="utf-8")) for path in folder.iterdir()}
    assert show(unpacked, tmp_path)["page"] == kept


def test_without_a_build_file_it_says_what_it_does_not_know(unpacked, tmp_path):
    shown = show(unpacked, tmp_path)["version"]
    assert shown["version"][0].isdigit()
    assert (shown["commit"], shown["build_time"]) == ("unknown", "unknown")


def test_a_build_file_says_which_build_it_is(unpacked, tmp_path):
    path = unpacked / "debros" / "_build.json"
    path.write_text(json.dumps(BUILD))
    try:
        assert show(unpacked, tmp_path)["version"] == BUILD
    finally:
        path.unlink()
