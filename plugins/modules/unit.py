"""Ansible module: a systemd unit that runs what is on disk now."""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import json
import os
import shlex
import time
from datetime import UTC, datetime
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: unit
short_description: Enable and start a systemd unit, and know whether it runs what is on disk now
description:
  - A unit needs a restart when a file it reads at its start is younger than the start, or when the command line it
    would get now is another one. This is found out by looking, not remembered from an earlier task, so a playbook that
    was interrupted between a change and its restart is mended by the next run.
  - Unit files that changed are reloaded.
options:
  name: {description: The unit., required: true, type: str}
  watch:
    description: Files read at the start of the unit; globs are allowed, missing files count as unchanged. The unit's
      own files need not be named.
    type: list
    elements: path
    default: []
  command:
    description: Program and arguments that print, quoted for a shell, the command line the unit's main process should
      have.
    type: list
    elements: str
    default: []
  live:
    description: Files of the unit (globs) whose changes take effect without a restart.
    type: list
    elements: path
    default: []
  ignore_options:
    description: Options of the command line, each with one value, that make no difference to a unit that has its data.
    type: list
    elements: str
    default: []
  executable:
    description: The program the main process must be running; another content needs a restart.
    type: path
    default: ""
  releases:
    description: Directory of releases with the link C(current). A main process started from another release needs a
      restart when that release's services are made of something else.
    type: path
    default: ""
  restart:
    description: Restart when it is needed. V(false) only reports it, so that another task can take one host at a time.
    type: bool
    default: true
  restart_command:
    description: Program and arguments that restart the unit, for example after waiting for a quorum. Default is
      systemctl.
    type: list
    elements: str
    default: []
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: Nothing is changed.}
  diff_mode: {support: none, description: There is no text to compare.}
"""

EXAMPLES = r"""
- name: Gateway
  debros.network.unit:
    name: debros-gateway.service
    watch: [/opt/debros/configs/gateway.yaml, /opt/debros/src/current, /opt/debros/keys/api-keys]
"""

RETURN = r"""
restart_needed:
  description: Whether it still (with O(restart=false), or in check mode) runs something older than what is on disk.
  returned: always
  type: bool
reasons:
  description: Why it was started or restarted, or would be.
  returned: always
  type: list
  elements: str
"""

_PROPERTIES = (
    "LoadState,ActiveState,UnitFileState,NeedDaemonReload,MainPID,ActiveEnterTimestamp,ExecMainStartTimestamp,"
    "FragmentPath,DropInPaths,Triggers"
)


class Unit:
    """One unit of the host's systemd."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.name: str = module.params["name"]
        self.state: dict[str, str] = {}

    def systemctl(self, *arguments: str) -> str:
        """Run systemctl and return what it printed; a failure ends the module with the journal's last words."""
        code, out, err = self.module.run_command(["systemctl", *arguments])
        if code:
            _, journal, _ = self.module.run_command(
                ["journalctl", "--unit", self.name, "--lines", "15", "--no-pager", "--output", "cat"]
            )
            said = f"{err.strip()}\nIts last words:\n{journal.strip()}"
            self.module.fail_json(msg=f"systemctl {shlex.join(arguments)}: {said}")
        return str(out)

    def look(self) -> None:
        """Read the unit's state."""
        shown = self.systemctl("show", self.name, "--timestamp=us+utc", f"--property={_PROPERTIES}")
        found = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
        # A target or a socket has no process, and no properties of one.
        self.state = {name: found.get(name, "") for name in _PROPERTIES.split(",")}

    @property
    def stale(self) -> bool:
        """Whether systemd has not read the newest files of the unit, or of what it starts when it fires."""
        if self.state["NeedDaemonReload"] == "yes":
            return True
        started = shlex.split(self.state.get("Triggers", ""))
        return bool(started) and "yes" in self.systemctl("show", *started, "--property=NeedDaemonReload", "--value")

    @property
    def exists(self) -> bool:
        """Whether there is a unit file."""
        return self.state["LoadState"] != "not-found"

    @property
    def active(self) -> bool:
        """Whether it runs, or is about to."""
        return self.state["ActiveState"] in ("active", "activating", "reloading")

    @property
    def enabled(self) -> bool:
        """Whether it starts at boot, as far as that is its own matter."""
        return self.state["UnitFileState"] in ("enabled", "static", "indirect", "alias", "generated")

    def start(self) -> None:
        """Start it."""
        if self.state["ActiveState"] == "failed":
            self.systemctl("reset-failed", self.name)  # or its start limit may refuse this start
        self.systemctl("start", self.name)

    def outdated(self) -> list[str]:
        """Say what it reads at its start that has changed since."""
        started = _seconds(self.state.get("ExecMainStartTimestamp", "")) or _seconds(self.state["ActiveEnterTimestamp"])
        own = [self.state["FragmentPath"], *shlex.split(self.state["DropInPaths"])]
        own = [path for path in own if not any(fnmatch.fnmatchcase(path, live) for live in self.module.params["live"])]
        named = [path for pattern in self.module.params["watch"] for path in sorted(glob.glob(pattern))]  # noqa: PTH207 - absolute ones
        reasons = [
            f"{path} is younger than the running process"
            for path in [*own, *named]
            if started and path and os.path.lexists(path) and _changed(path) > started
        ]
        running, wanted = self.running_command(), self.wanted_command()
        ignored = self.module.params["ignore_options"]
        if wanted and running and without(running, ignored) != without(wanted, ignored):
            reasons.append("its command line is another one now")
        return reasons + self._other_program() + self._other_release(running)

    def _other_program(self) -> list[str]:
        """Compare the program that runs with the one a start would run."""
        wanted = self.module.params["executable"]
        try:
            if not wanted or Path(wanted).samefile(f"/proc/{self.state['MainPID']}/exe"):
                return []
            same = _digest(wanted) == _digest(f"/proc/{self.state['MainPID']}/exe")
        except OSError:
            return []
        return [] if same else [f"{wanted} is another program now"]

    def _other_release(self, running: list[str]) -> list[str]:
        """Compare the release that runs with the current one; a script's first word is its release's interpreter."""
        releases = self.module.params["releases"]
        if not releases or not running or not running[0].startswith(f"{releases}/"):
            return []
        old, new = running[0].removeprefix(f"{releases}/").split("/")[0], str(Path(releases, "current").readlink())
        if old == new or _runtime(Path(releases, old)) == _runtime(Path(releases, new)) != "":
            return []
        return [f"it runs release {old}"]

    def wanted_command(self) -> list[str]:
        """Ask for the command line that a start would use now; [] when that is not of interest."""
        argv = self.module.params["command"]
        if not argv:
            return []
        code, out, err = self.module.run_command(argv)
        if code:
            self.module.fail_json(msg=f"{shlex.join(argv)}: {(err or out).strip()}")
        return shlex.split(out)

    def running_command(self) -> list[str]:
        """Return the main process's command line."""
        try:
            raw = Path(f"/proc/{self.state['MainPID']}/cmdline").read_bytes()
        except OSError:
            return []
        return [word.decode(errors="replace") for word in raw.split(b"\0")[:-1]]


def without(words: list[str], options: list[str]) -> list[str]:
    """Return a command line without some options and the word after each."""
    kept, skip = [], False
    for word in words:
        if not skip and word not in options:
            kept.append(word)
        skip = not skip and word in options
    return kept


def _runtime(release: Path) -> str:
    """Return the checksum of what the services of a release are made of, "" when it is gone."""
    try:
        return str(json.loads((release / "release.json").read_text())["runtime"])
    except (OSError, ValueError, KeyError):
        return ""


def _digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _changed(path: str) -> float:
    """Return when a path's content was last changed; of a link, when the link was made."""
    return os.lstat(path).st_mtime


def _seconds(stamp: str) -> float:
    """Return the time of systemd's "Sat 2026-11-21 10:53:06.123456 UTC"; 0 when there is none."""
    try:
        _, date, clock, _ = stamp.split()
        return datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def find(unit: Unit, *, check: bool) -> None:
    """Read the unit's state, after making systemd read its file if that is new; without one the module fails."""
    unit.look()
    if not check and (not unit.exists or unit.stale):
        unit.systemctl("daemon-reload")
        unit.look()
        if not unit.exists:
            unit.module.fail_json(msg=f"{unit.name}: there is no such unit on this host")


def run(module: AnsibleModule) -> tuple[list[str], bool]:
    """Bring the unit where it should be; return the reasons for what was done and whether a restart is still needed."""
    unit, check = Unit(module), module.check_mode
    find(unit, check=check)
    if not unit.exists:
        return ["it would be installed, enabled and started"], False
    reasons = []
    if not unit.enabled:
        reasons.append(f"it was {unit.state['UnitFileState'] or 'not enabled'}")
        if not check:
            unit.systemctl("enable", unit.name)
    if not unit.active:
        reasons.append(f"it was {unit.state['ActiveState']}")
        if not check:
            unit.start()
        return reasons, False
    outdated = unit.outdated()
    if not outdated or not module.params["restart"]:
        return reasons, bool(outdated)
    if not check:
        restart(unit)
    return reasons + outdated, check


def restart(unit: Unit) -> None:
    """Restart it the way the caller asked for."""
    argv = unit.module.params["restart_command"]
    if not argv:
        unit.systemctl("restart", unit.name)
        return
    code, out, err = unit.module.run_command(argv)
    if code:
        unit.module.fail_json(msg=f"{shlex.join(argv)}: {(err or out).strip()}")


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "watch": {"type": "list", "elements": "path", "default": []},
            "command": {"type": "list", "elements": "str", "default": []},
            "live": {"type": "list", "elements": "path", "default": []},
            "ignore_options": {"type": "list", "elements": "str", "default": []},
            "executable": {"type": "path", "default": ""},
            "releases": {"type": "path", "default": ""},
            "restart": {"type": "bool", "default": True},
            "restart_command": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    began = time.monotonic()
    reasons, needed = run(module)
    module.exit_json(
        changed=bool(reasons), reasons=reasons, restart_needed=needed, seconds=round(time.monotonic() - began, 2)
    )


if __name__ == "__main__":
    main()
