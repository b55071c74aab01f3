"""Runs the installer's own --uninstall on the host: what is ours stands in that script, and nowhere else."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

_SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "install-debros-network.sh"


class UninstallError(Exception):
    """Something could not be removed; the text says what and why."""


def steps(said: str) -> list[str]:
    """Return the commands a dry run of the script has printed: its indented lines."""
    return [line.strip() for line in said.splitlines() if line.startswith("  ")]


class ActionModule(ActionBase):
    """The action."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:  # noqa: ARG002 - Ansible's signature
        """Remove what there is; return what that was."""
        result: dict[str, Any] = super().run(None, task_vars)
        _, given = self.validate_argument_spec(argument_spec={"purge": {"type": "bool", "default": False}})
        flag = "--purge" if given["purge"] else "--uninstall"
        directory = self._make_tmp_path()
        script = self._connection._shell.join_path(directory, _SCRIPT.name)
        try:
            self._transfer_file(str(_SCRIPT), script)
            commands = steps(self._run(script, flag, "--dry-run"))
            if commands and not self._task.check_mode:
                self._run(script, flag, "--yes")
        except UninstallError as problem:
            return {**result, "failed": True, "msg": str(problem)}
        finally:
            self._remove_tmp_path(directory)
        return {**result, "changed": bool(commands), "commands": commands}

    def _run(self, script: str, *words: str) -> str:
        """Run the script on the host and return what it said."""
        command = shlex.join(["bash", script, *words])
        # With data on standard input there is no terminal: the script must not ask, and its errors stay apart.
        done = self._low_level_execute_command(command, sudoable=True, in_data=b"\n")
        if done["rc"]:
            raise UninstallError((done["stderr"] or done["stdout"]).strip().removeprefix("error: "))
        return str(done["stdout"])
