"""Which files of the project a release carries, and which commit they are.

The answer is the same for a git clone and for an unpacked source tarball. Inventories never ship: they are the
operator's, and secrets lie beside them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tomllib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from debros.release.errors import ReleaseError

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = (
    ".collections",
    "LICENSE",
    "ansible",
    "ansible.cfg",
    "completions",
    "docs/network-cli.1",
    "galaxy.yml",
    "meta",
    "migrations",
    "playbooks",
    "plugins",
    "pyproject.toml",
    "roles",
    "scripts",
    "site.yml",
    "src/debros",
    "systemd",
)
# What the services' own wheel is made of: only a commit that touched these changes what they call themselves.
PACKAGE = ("LICENSE", "migrations", "pyproject.toml", "src/debros")
_NEVER = frozenset({"__pycache__", "secrets", "_build.json"})
_NEVER_ENDINGS = (".pyc", ".retry", ".egg-info", "~")
_GIT_TIMEOUT = 30.0  # seconds
_NO_TIME = 315532800  # 1980-01-01, the first second a zip file can name


@dataclass(frozen=True, slots=True)
class Source:
    """One file or symbolic link.

    Attributes:
        path: Relative to the root, with slashes.
        sha256: Checksum of the content, hex; "" for a link.
        executable: Whether its owner may run it.
        link: Where a link points, relative; "" for a file.
    """

    path: str
    sha256: str
    executable: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Build:
    """What a build says of itself: version, commit, and the commit's time (RFC 3339 and seconds since 1970)."""

    version: str
    commit: str
    time: str
    epoch: int


def root(start: Path) -> Path:
    """Return the project or unpacked release that a directory lies in.

    Raises:
        ReleaseError: None.
    """
    for directory in (start, *start.parents):
        if (directory / "release.json").is_file() or (
            (directory / "pyproject.toml").is_file() and (directory / "src" / "debros" / "release").is_dir()
        ):
            return directory
    raise ReleaseError(f"{start} lies in no checkout of the project and in no release of it; say --root DIRECTORY")


def collect(top: Path) -> list[Source]:
    """Return what of a project ships, sorted by path.

    Raises:
        ReleaseError: A file cannot be read, or a link leaves the project.
    """
    found: list[Source] = []
    try:
        for name in SHIPPED:
            _walk(top, top / name, found)
    except OSError as err:
        raise ReleaseError(f"{err.filename} cannot be read: {err.strerror}") from None
    return sorted(found, key=lambda source: source.path)


def _walk(top: Path, path: Path, found: list[Source]) -> None:
    name = path.relative_to(top).as_posix()
    if path.is_symlink():
        if not path.resolve().is_relative_to(top.resolve()):
            raise ReleaseError(f"{path} points outside the project, to {path.readlink()}; remove it")
        found.append(Source(name, "", link=path.readlink().as_posix()))
    elif path.is_dir():
        for child in path.iterdir():
            # Hidden files are an editor's or a tool's.
            if child.name not in _NEVER and not child.name.endswith(_NEVER_ENDINGS) and not child.name.startswith("."):
                _walk(top, child, found)
    elif path.is_file():
        executable = bool(path.stat().st_mode & stat.S_IXUSR)
        found.append(Source(name, hashlib.sha256(path.read_bytes()).hexdigest(), executable))


def build(top: Path, version: str) -> Build:
    """Return what a build of this tree calls itself.

    Args:
        top: The project.
        version: The version to use; "" = the one of pyproject.toml.

    Raises:
        ReleaseError: pyproject.toml or git gives no usable answer.
    """
    if not version:
        try:
            version = str(tomllib.loads((top / "pyproject.toml").read_text("utf-8"))["project"]["version"])
        except (OSError, ValueError, KeyError, TypeError) as err:
            raise ReleaseError(f"{top / 'pyproject.toml'} names no version: {err}") from None
    if not (top / ".git").exists() or shutil.which("git") is None:
        return Build(version, "unknown", "unknown", _NO_TIME)
    commit, _, moment = _git(top, "log", "-1", "--format=%H %cI", "--", *PACKAGE).strip().partition(" ")
    if not commit:
        return Build(version, "unknown", "unknown", _NO_TIME)
    if _git(top, "status", "--porcelain", "--", *PACKAGE).strip():
        commit += "-modified"
    return Build(version, commit, moment, int(datetime.fromisoformat(moment).timestamp()))


def _git(top: Path, *words: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # The clone may belong to another user than the one who deploys (sudo); nothing of it is executed by these commands.
    command = [
        "git",
        "--no-optional-locks",
        "-c",
        f"safe.directory={top}",
        "-c",
        "core.fsmonitor=false",
        "-C",
        str(top),
        *words,
    ]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            command, capture_output=True, text=True, timeout=_GIT_TIMEOUT, check=False, env=environ
        )
    except (OSError, subprocess.TimeoutExpired) as err:
        raise ReleaseError(f"git does not answer: {err}") from None
    if done.returncode != 0:
        raise ReleaseError(f"git says about {top}: {done.stderr.strip()[:300]}")
    return done.stdout
