"""`release.json`: what a release is and the checksum of everything in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debros.release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = 1
_ID_DIGITS = 12
# What the running services are made of; a release that differs only elsewhere (roles, playbooks, packages of the
# operating system) needs no restart.
_RUNTIME = ("bin/", "requirements.txt")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or link of a release.

    Attributes:
        path: Its place in the release.
        sha256: Checksum, hex; "" for a link.
        mode: 0o644 or 0o755.
        link: Where a link points; "" for a file.
        source: The file to take it from while building.
    """

    path: str
    sha256: str
    mode: int = 0o644
    link: str = ""
    source: Path = field(default=Path(), compare=False)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole release; see `Entry` for `entries`.

    Attributes:
        version: Of the package.
        commit: Commit of the services' sources, or "unknown".
        build_time: When that commit was made, RFC 3339, or "unknown".
        arch: x86_64 or aarch64.
        pythons: Versions of Python it has packages for.
        rqlite: version, source, sha256 and note of its rqlited.
        entries: Everything but release.json, sorted by path.
    """

    version: str
    commit: str
    build_time: str
    arch: str
    pythons: tuple[str, ...]
    rqlite: dict[str, str]
    entries: tuple[Entry, ...]

    @property
    def id(self) -> str:
        """`<version>-<12 hex digits of its content>`.

        The .deb files of a bundle do not count: with or without them the same programs run on a host. Where the release
        is there already, `unpack` brings them alone.
        """
        digest = _digest(entry for entry in self.entries if not entry.path.startswith("debs/"))
        return f"{self.version}-{digest[:_ID_DIGITS]}"

    @property
    def runtime(self) -> str:
        """Checksum of what the running services are made of."""
        return _digest(entry for entry in self.entries if entry.path.startswith(_RUNTIME))

    def text(self) -> str:
        """Return release.json."""
        about = {key: value for key, value in asdict(self).items() if key != "entries"}
        files = {entry.path: [entry.sha256, f"{entry.mode:o}"] for entry in self.entries if not entry.link}
        links = {entry.path: entry.link for entry in self.entries if entry.link}
        whole = {"format": FORMAT, "id": self.id, "runtime": self.runtime, **about, "files": files, "links": links}
        return json.dumps(whole, indent=1) + "\n"


def read(release: Path) -> Manifest:
    """Return the manifest of an unpacked release.

    Raises:
        ReleaseError: It is missing or damaged.
    """
    path = release / "release.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if data["format"] != FORMAT:
            raise ReleaseError(f"{path} has format {data['format']}; this program knows {FORMAT}")
        files = [
            Entry(name, str(digest), int(mode, 8), source=release / name)
            for name, (digest, mode) in data["files"].items()
        ]
        links = [Entry(name, "", link=str(target)) for name, target in data["links"].items()]
        return Manifest(
            version=str(data["version"]),
            commit=str(data["commit"]),
            build_time=str(data["build_time"]),
            arch=str(data["arch"]),
            pythons=tuple(data["pythons"]),
            rqlite=dict(data["rqlite"]),
            entries=tuple(sorted([*files, *links], key=lambda entry: entry.path)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as err:
        raise ReleaseError(f"{path} is missing or damaged: {err}") from None


def _digest(entries: Iterable[Entry]) -> str:
    lines = (f"{entry.path}\0{entry.sha256}\0{entry.mode:o}\0{entry.link}\n" for entry in entries)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
