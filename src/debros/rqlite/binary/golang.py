"""rqlited built from its sources by the Go toolchain: minutes of compiling, so only when asked for.

`go install …/rqlited@v10.2.7` is not possible, because rqlite's go.mod replaces its SQLite driver and Go ignores or
refuses such replacements outside the main module. So the module is downloaded (verified against Go's checksum
database) and built where it is the main module, with the version number its own build scripts set.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from debros.rqlite.binary.inspect import SourceError
from debros.rqlite.binary.process import run

if TYPE_CHECKING:
    from debros.rqlite.version import Version

_DOWNLOAD_TIMEOUT = 120.0  # seconds
_BUILD_TIMEOUT = 1800.0  # seconds; SQLite's C code alone takes minutes on a small machine


def fetch(version: Version, work: Path) -> Path:
    """Download and build a version in the empty directory `work` and return the program.

    Raises:
        SourceError: No Go or C compiler, the module proxy does not have it, or the build failed.
    """
    module = f"github.com/rqlite/rqlite/v{version.major}"
    if shutil.which("go") is None:
        raise SourceError("go is not installed")
    if not any(shutil.which(compiler) for compiler in (os.environ.get("CC", "gcc"), "cc")):
        raise SourceError("a C compiler is needed to build SQLite; install gcc")
    downloaded = _download(f"{module}@v{version}", work)
    sources = work / "src"
    # A copy: the module cache is read-only and must stay what it is.
    shutil.copytree(downloaded, sources)
    for directory, _, _ in os.walk(sources):
        Path(directory).chmod(stat.S_IRWXU)
    program = work / "rqlited"
    run(
        [
            "go", "build", "-trimpath", "-o", str(program),
            "-ldflags", f"-s -w -X {module}/cmd.Version=v{version}", "./cmd/rqlited",
        ],
        cwd=sources,
        timeout=_BUILD_TIMEOUT,
        environ={**os.environ, "CGO_ENABLED": "1"},
    )  # fmt: skip
    if not program.is_file():
        raise SourceError("`go build` left no program behind")
    return program


def _download(module: str, work: Path) -> Path:
    """Return the directory of a module in Go's module cache."""
    # -json reports a failure as JSON on stdout (and exits 1), so the exit status alone is not asked.
    answer = run(["go", "mod", "download", "-json", module], cwd=work, timeout=_DOWNLOAD_TIMEOUT, check=False)
    try:
        report = json.loads(answer)
        error, directory = report.get("Error"), report.get("Dir")
    except (ValueError, AttributeError):
        error, directory = "`go mod download` gives no usable answer", None
    if error or not directory:
        raise SourceError(" ".join(str(error or "`go mod download` does not say where the module is").split()))
    return Path(directory)
