"""dev-env.sh in a project of its own that needs no network: no dependencies, and its own build backend."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.disks import fill, small_disk

ROOT = Path(__file__).resolve().parents[3]
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
# The least a backend can be (PEP 660): a wheel whose only module says that it is installed.
BACKEND = """
import zipfile
def build_editable(directory, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(directory + "/toy-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("toy.py", "")
        wheel.writestr("toy-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: toy\\nVersion: 1\\n")
        wheel.writestr("toy-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("toy-1.dist-info/RECORD", "toy.py,,\\ntoy-1.dist-info/METADATA,,\\ntoy-1.dist-info/WHEEL,,\\ntoy-1.dist-info/RECORD,,\\n")
    return "toy-1-py3-none-any.whl"
"""  # noqa: E501 -- one line of the wheel format each
UNREACHABLE = "six==1.0 --hash=sha256:" + "0" * 64 + "\n"


class Project:
    """A checkout with the real scripts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stamp = folder / ".venv" / "installed"
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (folder / "backend.py").write_text(BACKEND)
        for name in ("requirements.txt", "requirements-dev.txt"):
            (folder / name).write_text("# none\n")

    def start(self, *words: str, **environ: str) -> "subprocess.Popen[str]":
        env = os.environ | {"PYTHON": getattr(sys, "_base_executable", sys.executable)} | environ
        return subprocess.Popen(
            [self.folder / "scripts/dev-env.sh", *words],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def run(self, *words: str, code: int = 0, **environ: str) -> str:
        process = self.start(*words, **environ)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == code, output
        return output

    def installed(self) -> bool:
        python = self.folder / ".venv" / "bin" / "python"
        return subprocess.run([python, "-c", "import toy"], cwd="/", capture_output=True, check=False).returncode == 0


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_the_second_run_does_nothing_and_a_change_is_taken(project: Project) -> None:
    assert "Creating the Python environment" in project.run()
    assert project.installed()
    before = project.stamp.stat()
    assert project.run() == ""
    after = project.stamp.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)  # reading it is no change
    (project.folder / "requirements.txt").write_text("# none either\n")
    said = project.run()
    assert "Installing" in said
    assert "Creating" not in said


def test_an_interrupted_run_is_resumed(project: Project) -> None:
    (project.folder / ".venv" / "bin").mkdir(parents=True)  # as far as one had come
    assert "Creating the Python environment" in project.run()
    assert project.installed()


def test_the_development_tools_stay(project: Project) -> None:
    project.run("dev")
    assert project.stamp.read_text().startswith("dev ")
    assert project.run() == ""
    (project.folder / "requirements.txt").write_text("# new\n")
    project.run()
    assert project.stamp.read_text().startswith("dev ")


def test_a_base_environment_becomes_one_for_development(project: Project) -> None:
    project.run()
    assert "Installing" in project.run("dev")
    assert project.stamp.read_text().startswith("dev ")


def test_two_at_once_wait_for_each_other(project: Project) -> None:
    both = [project.start(), project.start()]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Creating" in text for text in said) == 1
    assert project.installed()


def test_without_a_network_the_message_is_one_and_names_the_log(project: Project) -> None:
    (project.folder / "requirements.txt").write_text(UNREACHABLE)
    nowhere = "http://127.0.0.1:9"
    said = project.run(code=1, HTTPS_PROXY=nowhere, https_proxy=nowhere, PIP_RETRIES="0", PIP_NO_CACHE_DIR="1")
    assert "error: the Python packages could not be downloaded" in said
    assert "export HTTPS_PROXY=" in said
    assert str(project.folder / ".cache" / "pip.log") in said
    assert "Traceback" not in said
    assert not project.stamp.exists()


def test_a_package_with_another_hash_is_refused(project: Project) -> None:
    wheels = project.folder / "wheels"
    wheels.mkdir()
    subprocess.run([sys.executable, "-c", f"import backend; backend.build_editable({str(wheels)!r})"],
                   cwd=project.folder, check=True)  # fmt: skip
    (project.folder / "requirements.txt").write_text("toy==1 --hash=sha256:" + "0" * 64 + "\n")
    said = project.run(code=1, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
    assert "its hash differs" in said
    assert not project.installed()


def test_a_full_disk_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with small_disk(tmp_path, "size=2m"):
        project = Project(tmp_path)
        fill(tmp_path)
        before = sorted(tmp_path.iterdir())
        said = project.run(code=1)
        assert sorted(tmp_path.iterdir()) == before
    assert said == (
        f"error: only 0 MB free on the disk of {tmp_path}; the Python environment needs 600 MB.\n"
        "Free about 1 GB and run this again.\n"
    )


def test_a_disk_that_fills_up_meanwhile_is_told_though_its_log_has_no_room(tmp_path: Path) -> None:
    with small_disk(tmp_path, "size=4m"):
        project = Project(tmp_path)
        script = tmp_path / "scripts" / "dev-env.sh"
        script.write_text(script.read_text().replace("NEEDED_NEW=600\n", "NEEDED_NEW=1\n"))
        said = project.run(code=1)
    assert re.search(f"^error: the disk is full: [0-3] MB are left in {tmp_path}, [0-9]+ MB in ", said, re.MULTILINE)
    assert "Free about 1 GB and run this again." in said
    assert "write error" not in said
    assert "Traceback" not in said


def test_a_full_disk_of_temporary_files(project: Project, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with small_disk(scratch, "size=1m"):
        said = project.run(code=1, TMPDIR=str(scratch))
    assert said == (
        f"error: only 1 MB free on the disk of {scratch}, where packages are unpacked; 200 MB are needed.\n"
        "Free some, or name a directory on another disk: TMPDIR=/path make up\n"
    )


def test_what_pip_says_of_a_full_disk(project: Project) -> None:
    (project.folder / "backend.py").write_text("raise OSError(28, 'No space left on device')\n")
    assert "error: the disk is full: " in project.run(code=1)


def test_a_folder_that_cannot_be_written(project: Project) -> None:
    (project.folder / ".cache").write_text("")
    said = project.run(code=1)
    assert said.startswith(f"error: {project.folder}/.cache cannot be written: ")
    assert len(said.splitlines()) == 1


def test_an_unsuitable_python_is_named(project: Project) -> None:
    said = project.run(code=1, PYTHON="/no/such/python")
    assert "No suitable Python (3.11 to 3.13 with venv) among: /no/such/python" in said


def test_other_words_are_a_usage_error(project: Project) -> None:
    assert project.run("production", code=2) == "usage: dev-env.sh [dev]\n"
