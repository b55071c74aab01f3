"""Which build this is: version of the package, commit and time of the build.

A released package carries `_build.json` (`{"version": …, "commit": …, "build_time": …}`); a checkout asks git.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent
_GIT_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Version:
    """A build; what is not known is "unknown".

    Attributes:
        version: Version of the package.
        commit: Full commit id.
        build_time: When it was built (in a checkout: when the commit was made), RFC 3339.
    """

    version: str
    commit: str = "unknown"
    build_time: str = "unknown"


@lru_cache(1)
def current() -> Version:
    """Return what is running; asked once, then remembered."""
    if built := _from_file(_PACKAGE / "_build.json"):
        return built
    try:
        number = metadata.version("debros")
    except metadata.PackageNotFoundError:
        number = "unknown"
    return Version(number, *(_from_git(_CHECKOUT) or ()))


def _from_file(path: Path) -> Version | None:
    try:
        build = json.loads(path.read_text("utf-8"))
        return Version(str(build["version"]), str(build["commit"]), str(build["build_time"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _from_git(checkout: Path) -> tuple[str, str] | None:
    git = shutil.which("git")
    if git is None or not (checkout / ".git").exists():
        return None
    command = [git, "-C", str(checkout), "log", "-1", "--format=%H %cI"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_TIMEOUT, check=True)  # noqa: S603 - no part of the command comes from outside
    except (OSError, subprocess.SubprocessError):
        return None
    commit, _, build_time = done.stdout.strip().partition(" ")
    return commit, build_time
