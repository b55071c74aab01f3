"""Ansible module: many files, directories and links in one call."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTATION = r"""
module: files
short_description: Make files, directories and links exactly so, many in one call
description:
  - Every entry is compared with what is there; only differences are mended. One call replaces a loop of single tasks.
  - Contents are written beside their file and validated before the first one is put in its place, so a refused file
    leaves everything as it was. Each file appears whole or not at all.
  - Directories above a link that are missing are made, mode 0755; those that are there stay as they are.
options:
  entries:
    description: What is wanted, in the order in which it is made (a directory before what lies in it).
    required: true
    type: list
    elements: dict
    suboptions:
      path: {description: Where., required: true, type: path}
      state:
        description: What stands there. A directory's content is not touched; V(absent) removes files and links only.
        type: str
        choices: [file, directory, link, absent]
        default: file
      content: {description: The file's text., type: str}
      target: {description: Where the link points., type: str}
      mode: {description: "Octal permissions, such as '0640'. Not for links.", type: str}
      owner: {description: User that owns it., type: str, default: root}
      group: {description: Group that owns it., type: str, default: root}
      validate:
        description: Program and arguments that must accept the file first; C(%s) is its path.
        type: list
        elements: str
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: Nothing is changed.}
  diff_mode: {support: full, description: Shows texts before and after.}
"""

EXAMPLES = r"""
- name: Unit and its drop-in
  debros.network.files:
    entries:
      - {path: /etc/systemd/system/x.service.d, state: directory, mode: "0755"}
      - {path: /etc/systemd/system/x.service.d/10-debros.conf, content: "[Service]\n", mode: "0644"}
"""

RETURN = r"""
paths:
  description: What was (or in check mode would be) changed.
  returned: always
  type: list
  elements: str
"""

_TEMPORARY = ".debros-new"


class EntryError(Exception):
    """An entry cannot be made; the text says which and why."""


@dataclass
class Entry:
    """One wanted thing."""

    path: Path
    state: str
    content: bytes
    target: str
    mode: int
    uid: int | None
    gid: int | None
    validate: list[str]
    staged: Path | None = None

    @classmethod
    def of(cls, given: dict[str, Any], *, check: bool) -> Entry:
        """Read the parameters; in check mode a user that an earlier task would have made may be missing."""
        path, state = Path(given["path"]), given["state"]
        if state == "file" and given["content"] is None:
            raise EntryError(f"{path}: a file needs its content")
        if state == "link" and not given["target"]:
            raise EntryError(f"{path}: a link needs its target")
        if state == "link" and _place(path) in _places(path.parent / given["target"]):
            raise EntryError(f"{path}: a link to itself would hide the file that is there; name another target")
        if state in ("file", "directory") and not given["mode"]:
            raise EntryError(f"{path}: say its mode")
        return cls(
            path=path,
            state=state,
            content=(given["content"] or "").encode(),
            target=given["target"] or "",
            mode=int(given["mode"] or "0", 8),
            uid=_id(given["owner"], lambda name: pwd.getpwnam(name).pw_uid, check=check),
            gid=_id(given["group"], lambda name: grp.getgrnam(name).gr_gid, check=check),
            validate=given["validate"] or [],
        )

    def differences(self) -> list[str]:
        """Say in which ways the thing differs: kind, content, target, mode, owner; [] when it is as wanted."""
        try:
            found = self.path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return [] if self.state == "absent" else ["kind"]
        kind = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}.get(stat.S_IFMT(found.st_mode))
        if kind != self.state:
            if "directory" in (kind, self.state):
                if self.state == "directory" and kind == "link" and self.path.is_dir():
                    found = self.path.stat()  # an operator may have moved a directory to another disk
                else:
                    raise EntryError(f"{self.path}: is a {kind or 'special file'} and should be: {self.state}")
            else:
                return ["kind"]
        if self.state == "link":
            return ["target"] if str(self.path.readlink()) != self.target else []
        differing = ["content"] if self.state == "file" and self.path.read_bytes() != self.content else []
        if stat.S_IMODE(found.st_mode) != self.mode:
            differing.append("mode")
        if (found.st_uid, found.st_gid) != (self.uid, self.gid):
            differing.append("owner")
        return differing

    def prepare(self, *, new_text: bool) -> None:
        """Do what others rely on or may refuse: make a directory, write and validate a file beside its place."""
        if self.state == "directory":
            self.place()
        elif self.state == "file" and new_text:
            self.stage()

    def stage(self) -> None:
        """Write the file or link beside its place and have it validated."""
        for left in self.path.parent.glob(f".{self.path.name}.*{_TEMPORARY}"):
            left.unlink()  # of a run that was killed
        number, name = tempfile.mkstemp(prefix=f".{self.path.name}.", suffix=_TEMPORARY, dir=self.path.parent)
        self.staged = Path(name)
        with os.fdopen(number, "wb") as file:
            file.write(self.content)
            os.fchown(number, -1 if self.uid is None else self.uid, -1 if self.gid is None else self.gid)
            os.fchmod(number, self.mode)
            file.flush()
            os.fsync(number)
        if self.validate:
            _run([word.replace("%s", name) for word in self.validate], self.path)

    def place(self) -> None:
        """Make the thing so."""
        if self.state == "absent":
            self.path.unlink(missing_ok=True)
        elif self.state == "link":
            _make(self.path.parent)
            staged = self.path.parent / f".{self.path.name}{_TEMPORARY}"
            staged.unlink(missing_ok=True)
            staged.symlink_to(self.target)
            staged.replace(self.path)
        elif self.state == "directory":
            self.path.mkdir(mode=0o700, exist_ok=True)
            self._own()
        elif self.staged is not None:
            self.staged.replace(self.path)
            self.staged = None
        else:
            self._own()

    def _own(self) -> None:
        os.chown(self.path, -1 if self.uid is None else self.uid, -1 if self.gid is None else self.gid)
        self.path.chmod(self.mode)

    def diff(self) -> dict[str, str]:
        """Return Ansible's diff of the text."""
        before = ""
        with contextlib.suppress(OSError):
            before = self.path.read_text(errors="replace")
        return {
            "before": before,
            "after": "" if self.state == "absent" else self.content.decode(),
            "before_header": str(self.path),
            "after_header": str(self.path),
        }


def _make(directory: Path) -> None:
    """Make a directory and those above it, as far as they are missing, whatever the umask."""
    for one in (*reversed(directory.parents), directory):
        if not one.exists():
            one.mkdir()
            one.chmod(0o755)


def _place(path: Path) -> str:
    """Return where a path is, without following the path itself."""
    return str(path.parent.resolve() / path.name)


def _places(target: Path) -> tuple[str, str]:
    """Return where a target is, and where it leads to when it is a link."""
    return _place(target), os.path.realpath(target)


def _id(name: str, find: Any, *, check: bool) -> int | None:
    try:
        return int(find(name))
    except KeyError:
        if check:
            return None
        raise EntryError(f"there is no user or group {name} on this host") from None


def _run(argv: list[str], path: Path) -> None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise EntryError(f"{path}: {argv[0]} cannot be run to validate it: {error.strerror}") from None
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise EntryError(f"{path}: refused, so nothing was changed: {said}")


@contextlib.contextmanager
def _named(entry: Entry) -> Iterator[None]:
    """Say of an error which file it is about: one of writing, such as a full disk, does not know."""
    try:
        yield
    except OSError as error:
        raise EntryError(f"{entry.path}: {error.strerror}") from None


def apply(entries: list[Entry], *, check: bool) -> tuple[list[Entry], list[dict[str, str]]]:
    """Make every entry so.

    Args:
        entries: What is wanted, parents first.
        check: Change nothing.

    Returns:
        The entries that differed, and Ansible's diffs of those whose text did.

    Raises:
        EntryError: One cannot be made; no file or link was put in place, but directories may have been made.
    """
    differing: list[Entry] = []
    diffs: list[dict[str, str]] = []
    try:
        for entry in entries:
            found = entry.differences()
            if not found:
                continue
            differing.append(entry)
            if entry.state in ("file", "absent") and found[0] in ("kind", "content"):
                diffs.append(entry.diff())
            if not check:
                with _named(entry):
                    entry.prepare(new_text=found[0] in ("kind", "content"))
        for entry in differing:
            if not check and entry.state != "directory":
                with _named(entry):
                    entry.place()
    finally:
        for entry in differing:
            if entry.staged is not None:
                entry.staged.unlink(missing_ok=True)
    return differing, diffs


def main() -> None:
    """Run the module."""
    entry_spec = {
        "path": {"type": "path", "required": True},
        "state": {"type": "str", "choices": ["file", "directory", "link", "absent"], "default": "file"},
        "content": {"type": "str"},
        "target": {"type": "str"},
        "mode": {"type": "str"},
        "owner": {"type": "str", "default": "root"},
        "group": {"type": "str", "default": "root"},
        "validate": {"type": "list", "elements": "str"},
    }
    module = AnsibleModule(
        argument_spec={"entries": {"type": "list", "elements": "dict", "required": True, "options": entry_spec}},
        supports_check_mode=True,
    )
    try:
        entries = [Entry.of(given, check=module.check_mode) for given in module.params["entries"]]
        differing, diffs = apply(entries, check=module.check_mode)
    except EntryError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")
    module.exit_json(changed=bool(differing), paths=[str(entry.path) for entry in differing], diff=diffs)


if __name__ == "__main__":
    main()
