"""The invites of this host, as the door sees them: only what it takes to know one again, never the secret itself."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from debros import files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_ID: Final = re.compile(r"[0-9a-f]{8}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_LARGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Offer:
    """One invite.

    Attributes:
        id: what it is called in the journal and in file names; says nothing about the secret.
        sha256: of the secret, hex.
        expires: seconds since 1970 (UTC).
        port: where the door is to be.
    """

    id: str
    sha256: str
    expires: int
    port: int

    def fits(self, secret: bytes) -> bool:
        """Tell whether a secret is this one's, in a time that says nothing."""
        return hmac.compare_digest(hashlib.sha256(secret).hexdigest(), self.sha256)


def write(offer: Offer, directory: Path) -> Path:
    """Put an invite into the directory of invites (made if missing) and return its file.

    Raises:
        OSError: it cannot be written.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{offer.id}.json"
    document = {key: value for key, value in asdict(offer).items() if key != "id"}
    files.create(path, json.dumps(document) + "\n", mode=0o600)
    return path


def read(directory: Path, prefix: str = "") -> list[Offer]:
    """Return the invites of a directory; what is none does not count.

    Args:
        directory: of invites, or of credentials.
        prefix: before the names; systemd names the files of a directory that it loads as a credential `<id>_<file>`.

    Raises:
        OSError: the directory cannot be read.
    """
    found = (_read(path, prefix) for path in sorted(directory.iterdir()) if path.name.startswith(prefix))
    return [offer for offer in found if offer is not None]


def usable(offers: Iterable[Offer], now: float) -> list[Offer]:
    """Return those whose time is not over."""
    return [offer for offer in offers if now < offer.expires]


def _read(path: Path, prefix: str) -> Offer | None:
    identifier = path.name.removeprefix(prefix).removesuffix(".json")
    if not _ID.fullmatch(identifier) or path.name != f"{prefix}{identifier}.json":
        return None
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_LARGEST))
        offer = Offer(identifier, str(document["sha256"]), int(document["expires"]), int(document["port"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return offer if _DIGEST.fullmatch(offer.sha256) and 0 < offer.port < 65536 else None
