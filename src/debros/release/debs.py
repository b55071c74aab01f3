"""The .deb files a host without a network needs: UFW, what Ansible's apt module imports, and all below them.

apt does the choosing in a state directory of its own; for this machine's distribution with the machine's package
sources and keys, for another supported one with those of `archives`. What every installation of the distribution has
(its essential packages, apt, Python and all below these) stays out.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from debros.release import archives
from debros.release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Callable

WANTED = ("iptables", "python3-apt", "ufw")
_BASE = ("?essential", "apt", "python3", "systemd-sysv")
_FRESH = 24 * 3600.0  # seconds for which a set that was fetched is taken again
_TIMEOUT = 600.0  # seconds for one call of apt
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_URI = re.compile(r"'(?P<uri>[^']+)' (?P<file>\S+\.deb) (?P<size>\d+)")


def here(os_release: Path = Path("/etc/os-release")) -> str:
    """Return the name of this machine's distribution, such as debian-12 or ubuntu-24.04.

    Raises:
        ReleaseError: It does not say.
    """
    try:
        lines = os_release.read_text("utf-8").splitlines()
    except OSError as err:
        raise ReleaseError(f"{os_release} cannot be read: {err.strerror}; say --debs SYSTEM") from None
    facts = {name: value.strip("\"'") for name, _, value in (line.partition("=") for line in lines)}
    if not facts.get("ID") or not facts.get("VERSION_ID"):
        raise ReleaseError(f"{os_release} names no ID and VERSION_ID; say --debs SYSTEM")
    return f"{facts['ID']}-{facts['VERSION_ID']}"


def collect_all(machine: str, cache: Path, progress: Callable[[str], None]) -> list[tuple[str, Path]]:
    """Return the .deb files for this machine's distribution and, as far as they can be had here, every supported one.

    Args:
        machine: x86_64 or aarch64.
        cache: Where they are kept.
        progress: Called with one line before each slow step, and for each distribution that has to be left out.

    Raises:
        ReleaseError: Not even this machine's own can be had.
    """
    own = here()
    found = [(own, collect(own, machine, cache, progress))]
    for system in archives.SUPPORTED:
        if system == own:
            continue
        try:
            found.append((system, collect(system, machine, cache, progress)))
        except ReleaseError as err:
            progress(f"WITHOUT packages for {system}, whose hosts will ask their own package sources: {err}")
    return sorted(found)


def collect(system: str, machine: str, cache: Path, progress: Callable[[str], None]) -> Path:
    """Return a directory with the .deb files for one distribution.

    Args:
        system: Such as debian-12: this machine's own, or a supported one; others must have been fetched before (see the
            text raised).
        machine: x86_64 or aarch64.
        cache: Where they are kept.
        progress: Called with one line before each slow step.

    Raises:
        ReleaseError: A distribution whose packages cannot be had here, no apt, or apt failed.
    """
    if not re.fullmatch(r"[a-z]+-[0-9.]+", system):
        raise ReleaseError(f"--debs {system}: expected a name such as debian-12 or ubuntu-24.04")
    wanted = hashlib.sha256(" ".join(WANTED).encode()).hexdigest()[:8]
    home = cache / f"debs-{system}-{machine}-{wanted}"
    if home.is_dir() and time.time() - home.stat().st_mtime < _FRESH:
        return home
    if system != here() and system not in archives.SUPPORTED:
        if home.is_dir():
            return home
        raise ReleaseError(
            f"packages for {system} are fetched with {system}'s own apt, and this is {here()}. Run the build there "
            f"once and copy the directory {home.name} from its ~/.cache/debros/release/ to {cache}/"
        )
    if shutil.which("apt-get") is None:
        raise ReleaseError("--debs needs apt-get, which is not installed here")
    progress(f"fetching {', '.join(WANTED)} and what they need for {system} ...")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".debs-", dir=cache) as folder:
        work = Path(folder) / "debs"
        _fetch(Path(folder), system, _ARCHITECTURES[machine], work)
        if home.is_dir():
            home.rename(Path(folder) / "old")
        work.rename(home)
    os.utime(home)
    return home


def _fetch(folder: Path, system: str, architecture: str, target: Path) -> None:
    options = _options(_state(folder, architecture))
    if system != here():
        options += _options(archives.write_sources(system, architecture, folder, partial(_download, options)))
    _apt(options, "update", "-qq")
    base = _closure(options, *_BASE)
    needed = _closure(options, *_BASE, *WANTED).keys() - base.keys()
    _apt(options, "install", "-y", "-qq", "--download-only", *_BASE, *WANTED)
    target.mkdir()
    for path in (folder / "archives").glob("*.deb"):
        # apt writes the colon of an epoch as %3a, which tools along the way may decode.
        if path.name.partition("_")[0] in needed:
            path.rename(target / path.name.replace("%3a", "."))


def _state(folder: Path, architecture: str) -> dict[str, str]:
    """Return apt's settings for a state of its own: an empty system without packages."""
    status = folder / "status"
    status.touch()
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True)
    return {
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Install-Recommends": "false",
        # Its own user may not enter a private directory, and everything is checked against signed lists anyway.
        "APT::Sandbox::User": "",
        "Dir::Cache::archives": str(folder / "archives"),
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Dir::State::lists": str(folder / "lists"),
        "Dir::State::status": str(status),
        "Dir::State::extended_states": str(folder / "extended"),
        "Debug::NoLocking": "true",
    }


def _options(settings: dict[str, str]) -> list[str]:
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _download(options: list[str], settings: dict[str, str], folder: Path, name: str) -> None:
    """Download one package into a folder, whoever may have signed it."""
    options = [*options, *_options(settings)]
    _apt(options, "update", "-qq")
    _apt(options, "download", "-qq", name, folder=folder)


def _closure(options: list[str], *packages: str) -> dict[str, str]:
    """Return the packages apt would install on an empty system, and where each is."""
    text = _apt(options, "install", "-y", "-qq", "--print-uris", *packages)
    found = {match["file"].partition("_")[0]: match["uri"] for match in _URI.finditer(text)}
    if not found:
        raise ReleaseError(f"apt-get does not say where {', '.join(packages)} would come from")
    return found


def _apt(options: list[str], *words: str, folder: Path | None = None) -> str:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            ["apt-get", *options, *words],  # noqa: S607 - apt is where the system has it
            capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False, env=environ,
            stdin=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ReleaseError(f"apt-get {words[0]} took longer than {_TIMEOUT:g} s") from None
    if done.returncode != 0:
        lines = "\n".join(f"  {line}" for line in done.stderr.strip().splitlines()[-5:])
        raise ReleaseError(f"apt-get {words[0]} failed:\n{lines}")
    return done.stdout
