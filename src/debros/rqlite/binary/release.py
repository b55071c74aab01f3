"""rqlite's official release tarballs, accepted only with a checksum known beforehand.

rqlite publishes no checksum files; GitHub's release API states a SHA-256 for every asset. Without either a checksum
given by the caller or that one, nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from debros.rqlite.binary.archive import extract
from debros.rqlite.binary.inspect import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from debros.rqlite.version import Version

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_TIMEOUT = 300.0  # seconds for the whole download; the tarballs are about 30 MB
_MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Release:
    """Where official releases come from; a mirror replaces `base_url` and gives `sha256`.

    Attributes:
        base_url: Below it stand `v<version>/rqlite-v<version>-linux-<arch>.tar.gz`.
        api_url: Below it stands `v<version>`, GitHub's description of the release with the digests of its assets.
        sha256: Checksum of the tarball for this machine, hex; "" = ask the API.
    """

    base_url: str = "https://github.com/rqlite/rqlite/releases/download"
    api_url: str = "https://api.github.com/repos/rqlite/rqlite/releases/tags"
    sha256: str = ""


def fetch(release: Release, version: Version, work: Path) -> Path:
    """Download and verify the tarball of a version and return the rqlited in it.

    Args:
        release: Where from.
        version: Which.
        work: An empty directory for the files.

    Raises:
        SourceError: No build for this machine, not reachable, no checksum, or a wrong one.
    """
    machine = _MACHINES.get(platform.machine())
    if platform.system() != "Linux" or machine is None:
        raise SourceError(f"no official build for {platform.system()} {platform.machine()}")
    name = f"rqlite-v{version}-linux-{machine}"
    end = time.monotonic() + _TIMEOUT
    timeout = httpx.Timeout(30, connect=10)
    try:
        with httpx.Client(follow_redirects=True, timeout=timeout) as client:
            expected = release.sha256 or _digest(client, f"{release.api_url}/v{version}", f"{name}.tar.gz")
            tarball = work / f"{name}.tar.gz"
            actual = _download(client, f"{release.base_url}/v{version}/{name}.tar.gz", tarball, end)
    except (httpx.HTTPError, httpx.InvalidURL) as err:
        raise SourceError(f"{type(err).__name__}: {err}") from None
    if actual != expected.lower():
        raise SourceError(f"{name}.tar.gz has SHA-256 {actual}, expected {expected}; refused")
    return extract(tarball, f"{name}/rqlited", work / "rqlited")


def _digest(client: httpx.Client, url: str, asset_name: str) -> str:
    response = client.get(url, headers={"Accept": "application/vnd.github+json"})
    if response.status_code != httpx.codes.OK:
        raise SourceError(f"no checksum, so no download: HTTP {response.status_code} from {url}")
    try:
        assets = {asset["name"]: asset.get("digest") for asset in response.json()["assets"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SourceError(f"no checksum, so no download: {url} does not describe a release") from None
    algorithm, _, digest = str(assets.get(asset_name) or "").partition(":")
    if algorithm != "sha256" or len(digest) != 64:
        raise SourceError(f"no checksum, so no download: {url} has no SHA-256 for {asset_name}")
    return digest


def _download(client: httpx.Client, url: str, target: Path, end: float) -> str:
    """Write a URL to a file and return its SHA-256."""
    digest = hashlib.sha256()
    size = 0
    with client.stream("GET", url) as response, target.open("wb") as file:
        if response.status_code != httpx.codes.OK:
            raise SourceError(f"HTTP {response.status_code} from {url}")
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > _MAX_BYTES:
                raise SourceError(f"{url} is larger than {_MAX_BYTES} bytes")
            if time.monotonic() > end:
                raise SourceError(f"{url} took longer than {_TIMEOUT:g} s")
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()
