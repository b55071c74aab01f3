"""Lock files: exact versions with the hashes of every file a package index has for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from debros.release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;]+)(?P<rest>(\s+--hash=sha256:[0-9a-f]{64})+)"
)


class Pin(NamedTuple):
    """One package of a lock: its normalised name, its version, and the SHA-256 of each of its files."""

    name: str
    version: str
    hashes: frozenset[str]

    def line(self) -> str:
        """Return the requirement as pip reads it."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{each}" for each in sorted(self.hashes))])


def normalised(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(path: Path) -> dict[str, Pin]:
    """Return the pins of one lock file by name.

    Raises:
        ReleaseError: It cannot be read, or a line is no exact pin with hashes.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise ReleaseError(f"{path} cannot be read: {err}") from None
    pins: dict[str, Pin] = {}
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")).replace("\\\n", " ")
    for line in filter(None, map(str.strip, lines.splitlines())):
        match = _PIN.fullmatch(line)
        if match is None:
            raise ReleaseError(f"{path}: not an exact pin with hashes: {line[:80]}; run `make lock`")
        name = normalised(match["name"])
        pins[name] = Pin(name, match["version"], frozenset(re.findall(r"sha256:([0-9a-f]{64})", match["rest"])))
    return pins


def merge(locks: Iterable[dict[str, Pin]]) -> dict[str, Pin]:
    """Return the pins of several locks together.

    Raises:
        ReleaseError: Two of them disagree about a version.
    """
    merged: dict[str, Pin] = {}
    for pin in (pin for pins in locks for pin in pins.values()):
        other = merged.setdefault(pin.name, pin)
        if other.version != pin.version:
            raise ReleaseError(f"the locks disagree: {pin.name} {other.version} and {pin.version}; run `make lock`")
        merged[pin.name] = Pin(pin.name, pin.version, other.hashes | pin.hashes)
    return merged
