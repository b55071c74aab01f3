"""The playbook, run as its operator runs it."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from hostkit.bed import bed_dir
from hostkit.paths import BIN, INVENTORY, PROJECT

RECAP = re.compile(r"^(\S+)\s*: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """How a run ended: exit status, all it printed, seconds, and per host ok, changed, unreachable, failed."""

    status: int
    output: str
    seconds: float

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        keys = ("ok", "changed", "unreachable", "failed")
        return {name: dict(zip(keys, map(int, counts), strict=True)) for name, *counts in RECAP.findall(self.output)}

    def count(self, key: str) -> int:
        return sum(host[key] for host in self.recap.values())

    def changed_tasks(self) -> list[str]:
        """Return `task: host` of everything that was changed."""
        task, changed = "", []
        for line in self.output.splitlines():
            if line.startswith(("TASK [", "RUNNING HANDLER [")):
                task = line.split("[", 1)[1].rpartition("]")[0]
            elif line.startswith("changed: ["):
                changed.append(f"{task}: {line.split('[', 1)[1].split(']')[0]}")
        return changed


class Run:
    """A playbook that is running, in a process group of its own; `tree` is the project it belongs to."""

    def __init__(
        self, *arguments: str, playbook: str = "site.yml", tree: Path = PROJECT, inventory: Path = INVENTORY
    ) -> None:
        environment: dict[str, str] = os.environ | {
            "ANSIBLE_COLLECTIONS_PATH": str(tree / ".collections"),  # molecule has set this tree's
            "ANSIBLE_CONFIG": str(tree / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_SSH_ARGS": f"-F {bed_dir()}/ssh_config",
            "BED_DIR": str(bed_dir()),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",  # a test waits for a task, and Ansible flushes nothing by itself
        }
        descriptor, name = tempfile.mkstemp(prefix="playbook-", suffix=".log")
        self._output = Path(name)
        self._text = ""
        self._started = time.monotonic()
        with os.fdopen(descriptor, "w") as output:
            self._process = subprocess.Popen(
                [BIN / "ansible-playbook", tree / playbook, "-i", inventory, *arguments],
                cwd=tree,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def running(self) -> bool:
        return self._process.poll() is None

    def printed(self) -> str:
        """Return what it has printed up to now."""
        if self._output.exists():
            self._text = self._output.read_text(errors="replace")
        return self._text

    def kill(self) -> None:
        """End it without warning, and every process it has started on this machine; it may have ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._keep()

    def _keep(self) -> str:
        text = self.printed()
        self._output.unlink(missing_ok=True)
        return text

    def wait(self, seconds: float = 1200) -> Result:
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the playbook is not done after {seconds:.0f} s:\n{self.printed()[-3000:]}") from None
        return Result(status, self._keep(), time.monotonic() - self._started)


def play(*arguments: str, playbook: str = "site.yml", tree: Path = PROJECT, inventory: Path = INVENTORY) -> Result:
    """Run a playbook, which has to succeed."""
    result = Run(*arguments, playbook=playbook, tree=tree, inventory=inventory).wait()
    assert result.status == 0, f"exit {result.status}:\n{result.output[-4000:]}"
    return result
