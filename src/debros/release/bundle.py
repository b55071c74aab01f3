"""What a host is given: the release with .deb files, its checksum, and the installer that knows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from debros import files
from debros.release.errors import ReleaseError

if TYPE_CHECKING:
    from debros.release.build import Result

INSTALLER = "install-debros-network.sh"
SUMS = "SHA256SUMS"


def publish(root: Path, out: Path, result: Result) -> Path:
    """Put SHA256SUMS and the stamped installer beside a bundle and return the installer.

    A bundle of the same version for another kind of machine, made before, stays listed.

    Raises:
        ReleaseError: The installer is missing or has no place for the stamps, or a file cannot be written.
    """
    source = root / "scripts" / INSTALLER
    try:
        text = source.read_text("utf-8")
        sums = _sums(out / SUMS, result)
        for name, value in (("DEBROS_VERSION", result.version), ("DEBROS_SHA256SUMS", sums)):
            text, times = re.subn(rf'^{name}=""', f'{name}="{value}"', text, count=1, flags=re.MULTILINE)
            if times != 1:
                raise ReleaseError(f'{source} has no line {name}="" to write the bundle into')
        files.replace(out / SUMS, f"{sums}\n", mode=0o644, durable=False)
        files.replace(out / INSTALLER, text, mode=0o755, durable=False)
    except OSError as err:
        raise ReleaseError(f"{err.filename}: {err.strerror}") from None
    return out / INSTALLER


def _sums(path: Path, result: Result) -> str:
    """Return the lines of SHA256SUMS: this bundle, and those of other machines beside it."""
    own = Path(result.path)
    lines = {own.name: result.sha256}
    if path.is_file():
        for line in path.read_text("utf-8").splitlines():
            digest, _, name = line.partition("  ")
            same = name.startswith(f"debros-bundle-{result.version}-") and _machine(name) != _machine(own.name)
            if same and (path.parent / name).is_file():
                lines[name] = digest
    return "\n".join(f"{digest}  {name}" for name, digest in sorted(lines.items()))


def _machine(name: str) -> str:
    return "aarch64" if name.endswith("-aarch64.tar.gz") else "x86_64"
