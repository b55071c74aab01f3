"""system-deps.sh against a package manager and a sudo that are stand-ins: nothing is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Leaves the program `make` beside itself, as the package of that name does.
APT = """#!/bin/sh
echo "$0 $*" >> "$STATE/calls"
if [ "$1" = install ]; then printf '#!/bin/sh\\n' > "$STATE/bin/make"; chmod 755 "$STATE/bin/make"; fi
"""
BROKEN_APT = '#!/bin/sh\necho "E: Unable to locate package" >&2\n[ "$1" = update ]\n'


class Machine:
    """A PATH with the real tools and stand-ins before them."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.state = folder

    def stand_in(self, name: str, script: str) -> None:
        program = self.bin / name
        program.unlink(missing_ok=True)  # a link of `without`: the machine's own program must not be written
        program.write_text(script)
        program.chmod(0o755)

    def without(self, *names: str) -> None:
        """Leave only stand-ins and links to the tools the scripts use, without the named ones."""
        for tool in ("bash", "chmod", "dirname", "env", "flock", "id", "make", "mkdir", "python3", "sh", "tail"):
            if tool not in names and not (self.bin / tool).exists():
                found = subprocess.run(["bash", "-c", f"command -v {tool}"], capture_output=True, text=True, check=True)
                (self.bin / tool).symlink_to(found.stdout.strip())
        self.path = str(self.bin)

    path = ""

    def run(self, *words: str, scripts: Path = ROOT / "scripts", **environ: str) -> subprocess.CompletedProcess[str]:
        env = os.environ | {"PATH": self.path or f"{self.bin}:{os.environ['PATH']}", "STATE": str(self.state)} | environ
        return subprocess.run(
            [scripts / "system-deps.sh", *words],
            env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def calls(self) -> list[str]:
        return (self.state / "calls").read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_nothing_is_said_when_nothing_is_missing(machine: Machine) -> None:
    machine.without()
    done = machine.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_root_gets_what_is_missing_installed(machine: Machine) -> None:
    machine.without("make")
    machine.stand_in("apt-get", APT)
    machine.stand_in("id", "#!/bin/sh\necho 0\n")
    done = machine.run()
    assert (done.returncode, done.stderr) == (0, "Installing with apt-get: make ...\n")
    assert [call.partition(" ")[2] for call in machine.calls()] == [
        "update -qq",
        "install -y -qq --no-install-recommends make",
    ]


def test_others_are_told_the_command_where_nobody_can_type_a_password(machine: Machine) -> None:
    machine.without("make")
    machine.stand_in("apt-get", APT)
    machine.stand_in("id", "#!/bin/sh\necho 1000\n")
    done = machine.run()
    assert done.returncode == 1
    assert "Missing: make\n" in done.stderr
    assert "sudo apt-get update && sudo apt-get install -y --no-install-recommends make" in done.stderr
    assert not (machine.state / "calls").exists()


def test_a_log_that_cannot_be_written_is_told_and_nothing_installed(machine: Machine, tmp_path: Path) -> None:
    machine.without("make")
    machine.stand_in("apt-get", APT)
    machine.stand_in("id", "#!/bin/sh\necho 0\n")
    shutil.copytree(ROOT / "scripts", tmp_path / "clone" / "scripts")
    (tmp_path / "clone" / ".cache" / "apt.log").mkdir(parents=True)
    done = machine.run(scripts=tmp_path / "clone" / "scripts")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path}/clone/.cache/apt.log cannot be written: Is a directory. Free")
    assert not (tmp_path / "calls").exists()


def test_a_failing_apt_get_is_quoted_with_its_log(machine: Machine) -> None:
    machine.without("make")
    machine.stand_in("apt-get", BROKEN_APT)
    machine.stand_in("id", "#!/bin/sh\necho 0\n")
    done = machine.run()
    assert done.returncode == 1
    assert "E: Unable to locate package" in done.stderr
    assert "all it said is in" in done.stderr


def test_another_system_is_told_what_to_look_for(machine: Machine) -> None:
    machine.without("apt-get", "make")
    done = machine.run()
    assert done.returncode == 1
    assert "Missing: make" in done.stderr
    assert "Those are Debian's names" in done.stderr


def test_what_few_need_is_asked_for_only_by_them(machine: Machine) -> None:
    machine.without("apt-get")
    assert machine.run().returncode == 0
    assert "Missing: shellcheck" in machine.run("lint").stderr
    assert "Missing: chromium chromium-driver" in machine.run("browser").stderr
    assert "Missing: zsh fish" in machine.run("shells").stderr


def test_no_package_mends_a_python_that_was_named(machine: Machine) -> None:
    machine.stand_in("apt-get", APT)
    machine.stand_in("id", "#!/bin/sh\necho 0\n")
    machine.stand_in("python2.7", "#!/bin/sh\necho 'lacks a version from 3.11 to 3.13 (it is 2.7)'\nexit 1\n")
    done = machine.run(PYTHON="python2.7")
    assert done.returncode == 1
    assert "python2.7 lacks a version from 3.11 to 3.13 (it is 2.7)" in done.stderr
    assert not (machine.state / "calls").exists()
