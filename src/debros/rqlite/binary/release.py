"""rqlite's official release tarballs, accepted only with a checksum known beforehand.

rqlite publishes no checksum files; GitHub's release API states a SHA-256 for every asset. Without either a checksum
given by the caller or that one, nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import platform
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.rqlite.binary.archive import extract
from debros.rqlite.binary.inspect import SourceError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from debros.rqlite.version import Version

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_TIMEOUT = 300.0  # seconds for the whole download; the tarballs are about 30 MB
_SILENCE = 30.0  # seconds without a byte after which a server is given up
_MAX_BYTES = 256 * 1024 * 1024
_CHUNK = 256 * 1024


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


def fetch(release: Release, version: Version, work: Path, machine: str = "") -> Path:
    """Download and verify the tarball of a version and return the rqlited in it.

    Args:
        release: Where from.
        version: Which.
        work: An empty directory for the files.
        machine: Whose program, x86_64 or aarch64; "" = this machine's.

    Raises:
        SourceError: No build for that machine, not reachable, no checksum, or a wrong one.
    """
    wanted = _MACHINES.get(machine or platform.machine())
    if platform.system() != "Linux" or wanted is None:
        raise SourceError(f"no official build for {platform.system()} {machine or platform.machine()}")
    name = f"rqlite-v{version}-linux-{wanted}"
    end = time.monotonic() + _TIMEOUT
    try:
        expected = release.sha256 or _digest(f"{release.api_url}/v{version}", f"{name}.tar.gz")
        tarball = work / f"{name}.tar.gz"
        actual = _download(f"{release.base_url}/v{version}/{name}.tar.gz", tarball, end)
    except (OSError, http.client.HTTPException, ValueError) as err:
        # URLError wraps what really happened.
        reason = getattr(err, "reason", None) or err
        raise SourceError(f"cannot be fetched: {reason}") from None
    if actual != expected.lower():
        raise SourceError(f"{name}.tar.gz has SHA-256 {actual}, expected {expected}; refused")
    return extract(tarball, f"{name}/rqlited", work / "rqlited")


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but not from TLS to plain text."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise SourceError(f"{req.full_url} redirects to {newurl}, which is not encrypted; refused")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, accept: str) -> http.client.HTTPResponse:
    if not url.startswith(("https://", "http://")):
        raise SourceError(f"{url} is not an http or https address")
    request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "debros"})  # noqa: S310 - checked above
    opener = urllib.request.build_opener(_NoDowngrade)
    response: http.client.HTTPResponse = opener.open(request, timeout=_SILENCE)
    return response


def _digest(url: str, asset_name: str) -> str:
    try:
        with _open(url, "application/vnd.github+json") as response:
            description = response.read(_MAX_BYTES)
    except urllib.error.HTTPError as err:
        with err:
            raise SourceError(f"no checksum, so no download: HTTP {err.code} from {url}") from None
    try:
        assets = {asset["name"]: asset.get("digest") for asset in json.loads(description)["assets"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SourceError(f"no checksum, so no download: {url} does not describe a release") from None
    algorithm, _, digest = str(assets.get(asset_name) or "").partition(":")
    if algorithm != "sha256" or len(digest) != 64:
        raise SourceError(f"no checksum, so no download: {url} has no SHA-256 for {asset_name}")
    return digest


def _download(url: str, target: Path, end: float) -> str:
    """Write a URL to a file and return its SHA-256."""
    digest = hashlib.sha256()
    size = 0
    try:
        with _open(url, "*/*") as response, target.open("wb") as file:
            while chunk := response.read(_CHUNK):
                size += len(chunk)
                if size > _MAX_BYTES:
                    raise SourceError(f"{url} is larger than {_MAX_BYTES} bytes")
                if time.monotonic() > end:
                    raise SourceError(f"{url} took longer than {_TIMEOUT:g} s")
                digest.update(chunk)
                file.write(chunk)
    except urllib.error.HTTPError as err:
        with err:
            raise SourceError(f"HTTP {err.code} from {url}") from None
    return digest.hexdigest()
