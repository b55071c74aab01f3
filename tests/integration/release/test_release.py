"""A real release of this project: real packages, a real rqlited (any will do here), real Python environments.

It is built once for all tests of this file; what was downloaded stays in the user's cache.
"""

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BASE = Path(getattr(sys, "_base_executable", sys.executable))


def release(*words: str, root: Path = ROOT) -> dict:
    command = [
        BASE,
        "-c",
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from debros.release.cli import main; sys.exit(main())",
    ]
    done = subprocess.run(
        [*command, ROOT / "src", *words, "--root", root, "--json"], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    return release("build", "--third-party", "--out", str(tmp_path_factory.mktemp("dist")))


@pytest.fixture(scope="session")
def unpacked(built, tmp_path_factory):
    into = tmp_path_factory.mktemp("host") / "src"
    command = [
        BASE,
        "-I",
        ROOT / "src/debros/release/unpack.py",
        built["path"],
        "--into",
        into,
        "--sha256",
        built["sha256"],
    ]
    done = subprocess.run([*command, "--switch", "--deploy"], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    again = subprocess.run([*command, "--switch", "--deploy"], capture_output=True, text=True, check=True, cwd="/")
    assert json.loads(again.stdout)["changed"] is False
    return into / "current"


def test_there_is_a_wheel_of_every_package_for_every_python(built):
    with tarfile.open(built["path"]) as tar:
        about = json.load(tar.extractfile("release.json"))
    wheels = [name.split("/")[1] for name in about["files"] if name.startswith("wheels/")]
    for tag in ("cp311-cp311", "cp312-cp312", "cp313-cp313"):
        assert any(name.startswith("aiohttp-") and tag in name for name in wheels)
    assert {"varint-1.0.2-py3-none-any.whl", "python_baseconv-1.2.2-py3-none-any.whl"} <= set(wheels)
    assert not any("fastecdsa" in name for name in wheels)
    assert about["rqlite"]["sha256"] == about["files"]["bin/rqlited"][0]


def test_the_programs_run_and_know_what_they_are(unpacked):
    about = json.loads((unpacked / "release.json").read_text())
    code = "from debros.version import current; v = current(); print(v.version, v.commit)"
    said = subprocess.run(
        [unpacked / "venv/bin/python", "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    assert said.stdout.split() == [about["version"], about["commit"]]
    for program in ("debros-node", "debros-gateway", "debros-rqlited", "network-cli"):
        subprocess.run([unpacked / "venv/bin" / program, "--help"], capture_output=True, check=True, cwd="/")
    said = subprocess.run([unpacked / "bin/rqlited", "-version"], capture_output=True, text=True, check=True)
    assert "rqlited" in said.stdout + said.stderr
    code = "import importlib.resources as r; print(len(list((r.files('debros') / '_data/migrations').iterdir())))"
    said = subprocess.run(
        [unpacked / "venv/bin/python", "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    assert int(said.stdout) == len(list((ROOT / "migrations").glob("*.sql")))


def test_modules_are_compiled_and_the_libraries_complete(unpacked):
    modules = list((unpacked / "venv").glob("lib/python*/site-packages/debros/**/*.pyc"))
    assert len(modules) > 50
    code = "import aiohttp, uvloop, trio, debros.p2p.ecdsa_stub as stub, debros.gateway.main, debros.node.main"
    subprocess.run([unpacked / "venv/bin/python", "-W", "ignore", "-c", code], check=True, cwd="/")
    said = subprocess.run(
        [unpacked / "ansible-venv/bin/ansible", "--version"], capture_output=True, text=True, check=True, cwd="/"
    )
    assert "ansible [core 2.19" in said.stdout


def test_a_release_makes_itself_again(unpacked, built, tmp_path):
    again = release("build", "--out", str(tmp_path), root=unpacked.resolve())
    assert (again["id"], again["sha256"]) == (built["id"], built["sha256"])


def test_our_wheel_is_what_the_declared_back_end_makes(built, tmp_path):
    """The wheel is written without hatchling; both must agree about the files and the entry points."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT], check=True, capture_output=True
    )
    with tarfile.open(built["path"]) as tar:
        own = next(name for name in tar.getnames() if name.startswith("wheels/debros-"))
        (tmp_path / "own.whl").write_bytes(tar.extractfile(own).read())
    with zipfile.ZipFile(next(tmp_path.glob("debros-*.whl"))) as theirs, zipfile.ZipFile(tmp_path / "own.whl") as ours:
        assert set(ours.namelist()) - set(theirs.namelist()) == {"debros/_build.json"}
        assert set(theirs.namelist()) - set(ours.namelist()) == set()
        entry_points = next(name for name in ours.namelist() if name.endswith("entry_points.txt"))
        assert ours.read(entry_points).split() == theirs.read(entry_points).split()
        metadata = [
            {line for line in wheel.read(name).decode().splitlines() if line.startswith(("Requires-Dist", "License"))}
            for wheel in (ours, theirs)
            for name in wheel.namelist()
            if name.endswith(".dist-info/METADATA")
        ]
        assert metadata[0] == {line for line in metadata[1] if "extra ==" not in line}
