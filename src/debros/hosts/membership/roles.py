"""Running the roles on this host, the way the installer does: its release, its inventory, its lock, its log."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from debros.enrol import inventory
from debros.hosts import places
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOG: Final = Path("/var/log/debros-install.log")
_SCRATCH: Final = Path("/var/tmp")  # noqa: S108 - a directory of random name is made in it, as the installer does
# What the note of a release's rqlite says when it is no official build (debros.rqlite.binary.inspect).
_THIRD_PARTY: Final = "local clusters and tests only"
_SHOWN_LINES: Final = 12
_LOCK_PAUSE: Final = 1.0
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[int]:
    """Wait until nobody else runs the roles here, and keep others out; yields the lock's descriptor.

    The installer removes the file when it ends, so the lock counts only on the file that has the name now.

    Raises:
        OSError: the lock cannot be made.
    """
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_at(lock, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)
        time.sleep(_LOCK_PAUSE)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def run(name: str, etc: Path, lock: int) -> None:
    """Run the roles on this host, without the verification that asks the other hosts.

    Args:
        name: of this host in the inventory.
        etc: directory of the host's settings.
        lock: descriptor of the lock; the roles keep it, should this process be killed.

    Raises:
        CliError: there is no release with an environment for Ansible, or the roles fail.
    """
    release = places.CURRENT_RELEASE.resolve()
    program = release / "ansible-venv" / "bin" / "ansible-playbook"
    if not program.exists():
        raise CliError(
            f"{program} is missing: this host was not set up by the installer",
            code="no_roles",
            hint="run the installer here once: sudo bash install-debros-network.sh",
        )
    command = [str(program), "site.yml", "-i", str(etc / places.INVENTORY / "hosts.yml")]
    members = etc / places.INVENTORY / inventory.FILE
    if members.exists():  # a founder who has never invited anybody has none
        command += ["-i", str(members)]
    command += ["--limit", name, "--skip-tags", "verify"]
    with tempfile.TemporaryDirectory(prefix="debros-members.", dir=_SCRATCH) as scratch:
        variables = etc / places.INSTALLER_VARIABLES
        if not variables.exists():  # an installer from before there were any
            variables = Path(scratch) / "variables.json"
            variables.write_text(json.dumps({"debros_self_managed": True, "rqlite_third_party": third_party(release)}))
        status, said = _ansible([*command, "-e", f"@{variables}"], release, Path(scratch), lock)
    if status != 0:
        shown = "".join(f"\n  {line}" for line in said)
        raise CliError(
            f"the roles stopped (status {status}):{shown}",
            code="roles",
            hint=f"everything they said: {_LOG}; to try again: sudo debros-host members apply",
        )


def _ansible(command: list[str], release: Path, scratch: Path, lock: int) -> tuple[int, list[str]]:
    """Run a command of Ansible; return its status and the lines that say why it failed.

    Nothing it needs is taken from our environment, and its own files go into a directory of its own.
    """
    environment = {
        "PATH": f"{release}/ansible-venv/bin:{_PATH}",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "ANSIBLE_CONFIG": f"{release}/ansible.cfg",
        "ANSIBLE_HOME": f"{scratch}/ansible",
        "ANSIBLE_LOCAL_TEMP": f"{scratch}/ansible/tmp",
        "ANSIBLE_REMOTE_TEMP": f"{scratch}/ansible/remote",
        "ANSIBLE_NOCOLOR": "1",
        # Else each module writes a long line of its own into the journal, and ours are lost among them.
        "ANSIBLE_NO_TARGET_SYSLOG": "1",
    }
    with (
        os.fdopen(os.open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "w") as log,
        subprocess.Popen(  # noqa: S603 - our own program with words of our own
            command,
            cwd=release,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=(lock,),
        ) as process,
    ):
        assert process.stdout is not None
        log.write(f"{_now()} --- members apply, process {os.getpid()}\n")
        why: list[str] = []
        for line in process.stdout:
            log.write(f"{_now()} {line}")
            if line.startswith(("TASK [", "PLAY RECAP")):
                why = [line.rstrip()] if not _failed(why) else why
            elif line.strip():
                why.append(line.rstrip())
        log.flush()
    return process.returncode, why[:_SHOWN_LINES]


def _failed(lines: list[str]) -> bool:
    return any(line.startswith(("fatal:", "ERROR", "[ERROR]")) for line in lines)


def third_party(release: Path) -> bool:
    """Tell whether the release in use brings a third-party rqlite: then it has been accepted when it was installed."""
    try:
        note = json.loads((release / "release.json").read_text("utf-8"))["rqlite"]["note"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return _THIRD_PARTY in str(note)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
