"""The package archives of distributions that this machine is not: where they are, and whose signature proves them.

apt does the checking. Debian's keys come with a package of both families. Where Ubuntu's do not, they are taken from
Ubuntu's archive itself, which proves nothing; so one key is named by its full fingerprint, and only that one counts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from debros.release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Callable

_KEYRINGS = Path("/usr/share/keyrings")
_SUITES = Path("/usr/share/debootstrap/scripts")
_TIMEOUT = 60.0  # seconds
# gpg --fingerprint of "Ubuntu Archive Automatic Signing Key (2018)", the only key noble's archive is signed with.
UBUNTU_KEY = "F6ECB3762474EDA9D21B7022871920D1991BC93C"
_KEY_PACKAGE = "ubuntu-keyring"


@dataclass(frozen=True)
class _System:
    family: str  # as apt labels its archive
    suite: str


SUPPORTED = {
    "debian-12": _System("Debian", "bookworm"),
    "debian-13": _System("Debian", "trixie"),
    "ubuntu-24.04": _System("Ubuntu", "noble"),
}


def write_sources(system: str, architecture: str, folder: Path, fetch: Callable[..., object]) -> dict[str, str]:
    """Write the package sources of one supported distribution and return the apt settings that use them alone.

    Args:
        system: One of SUPPORTED.
        architecture: amd64 or arm64.
        folder: For sources and keys.
        fetch: Downloads packages by name with apt, given settings of apt, a folder and the names; needed where Ubuntu's
            keys are not installed.

    Raises:
        ReleaseError: The keys are not to be had, or nobody knows an archive.
    """
    family, suite = SUPPORTED[system].family, SUPPORTED[system].suite
    archive, security = _places(family, suite, architecture)
    file = folder / "sources.list"
    settings = {"Dir::Etc::sourcelist": str(file), "Dir::Etc::sourceparts": "-"}

    def write(option: str) -> None:
        places = [(archive, suite), (archive, f"{suite}-updates"), (security, f"{suite}-security")]
        file.write_text("".join(f"deb [{option}] {place} {name} main\n" for place, name in places), "utf-8")

    keyring = _KEYRINGS / f"{family.lower()}-archive-keyring.gpg"
    if keyring.is_file():
        write(f"signed-by={keyring}")
    elif family == "Debian":
        raise ReleaseError(f"{keyring} is missing, which proves Debian's packages: install debian-archive-keyring")
    else:
        write("trusted=yes")
        fetch(settings, folder, _KEY_PACKAGE)
        write(f"signed-by={_unpack_keys(folder)},{UBUNTU_KEY}")
    return settings


def _places(family: str, suite: str, architecture: str) -> tuple[str, str]:
    """Return the addresses of a family's archive and of its security updates.

    The archive is what the environment names, or this machine's own apt uses, or debootstrap knows.

    Raises:
        ReleaseError: Nobody knows one.
    """
    variable = f"DEBROS_{family.upper()}_ARCHIVE"
    # Ubuntu has another archive for other machines than PCs, so this machine's own says nothing about that.
    own = _mirror(family) if family == "Debian" or architecture == "amd64" else ""
    archive = os.environ.get(variable) or own or _debootstrap(family, suite, architecture)
    if not archive:
        raise ReleaseError(f"no package archive of {family} is known here; name one with {variable}=http://…")
    if family == "Ubuntu":
        return archive, archive
    return archive, _mirror("Debian-Security") or re.sub(r"/debian/?$", "/debian-security", archive)


def _debootstrap(family: str, suite: str, architecture: str) -> str:
    """Return the archive that debootstrap, where it is installed, takes for a suite; "" when it is not."""
    program = shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    try:
        if family == "Debian":
            text = Path(program or "").read_text("utf-8")
            found = re.findall(r'^DEF_MIRROR="(\S+)"', text, re.MULTILINE)
        else:
            file = _SUITES / suite
            # An older debootstrap lacks the suite's own name; all of Ubuntu's are links to this one.
            text = (file if file.exists() else _SUITES / "gutsy").read_text("utf-8")
            found = [each for each in re.findall(r"default_mirror (\S+)", text) if "old-releases" not in each]
    except OSError:
        return ""
    if not found:
        return ""
    # Its scripts name the archive for PCs first, that for all others last.
    return str(found[0] if architecture == "amd64" else found[-1])


def _mirror(label: str) -> str:
    """Return the address this machine's apt uses for archives with a label, or ""."""
    command = ["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)  # noqa: S603 - fixed
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(rf"^{label} (\S+)$", done.stdout, re.MULTILINE)
    return found[1] if found else ""


def _unpack_keys(folder: Path) -> Path:
    """Return the keyring in the package of keys that lies in a folder."""
    package = next(folder.glob(f"{_KEY_PACKAGE}_*.deb"), None)
    target = folder / "keys"
    try:
        if package is None:
            raise ReleaseError(f"apt-get brought no {_KEY_PACKAGE}")
        subprocess.run(  # noqa: S603 - fixed words
            ["dpkg-deb", "--extract", str(package), str(target)],  # noqa: S607 - dpkg is where the system has it
            check=True, capture_output=True, timeout=_TIMEOUT,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as err:
        raise ReleaseError(f"Ubuntu's keys cannot be unpacked: {err}") from None
    return target / "usr/share/keyrings/ubuntu-archive-keyring.gpg"
