"""Which invite was used by whom: a file each, written before anything is given away, so that a restart forgets none."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from debros import files

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of an invite.

    Attributes:
        claim: SHA-256 (hex) of the claim that has bound it.
        name: of the host that joins with it; "" as long as it is not in the list of members.
        address: of that host.
        done: it has joined; the invite is worth nothing any more.
    """

    claim: str
    name: str
    address: str
    done: bool = False

    def is_by(self, claim: bytes) -> bool:
        """Tell whether it was this claim."""
        return hmac.compare_digest(self.claim, hashlib.sha256(claim).hexdigest())


class Ledger:
    """The entries.

    Args:
        directory: where they are; it exists.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, offer_id: str) -> Entry | None:
        """Return what became of an invite, None when nobody has used it.

        Raises:
            OSError: the entry cannot be read.
            ValueError: it is damaged; the invite must not be given to anybody then.
        """
        try:
            with self._path(offer_id).open("rb") as file:
                document = json.loads(file.read(_LARGEST))
        except FileNotFoundError:
            return None
        try:
            claim, name, address = (str(document[key]) for key in ("claim", "name", "address"))
            return Entry(claim, name, address, done=bool(document["done"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{self._path(offer_id)}: {error!r}") from None

    def bind(self, offer_id: str, claim: bytes, name: str = "", address: str = "") -> None:
        """Note who uses an invite, and as which host once that is in the list of members.

        Raises:
            OSError: it cannot be noted.
        """
        self._write(offer_id, Entry(hashlib.sha256(claim).hexdigest(), name, address))

    def finish(self, offer_id: str, entry: Entry) -> None:
        """Note that the host has joined.

        Raises:
            OSError: it cannot be noted.
        """
        self._write(offer_id, replace(entry, done=True))

    def is_done(self, offer_id: str) -> bool:
        """Tell whether an invite is worth nothing any more; one whose entry cannot be read is not."""
        try:
            entry = self.find(offer_id)
        except (OSError, ValueError):
            return False
        return entry is not None and entry.done

    def forget(self, offer_id: str) -> None:
        """Remove what is noted of an invite that is gone."""
        self._path(offer_id).unlink(missing_ok=True)

    def _path(self, offer_id: str) -> Path:
        return self._directory / f"{offer_id}.json"

    def _write(self, offer_id: str, entry: Entry) -> None:
        files.replace(self._path(offer_id), json.dumps(asdict(entry)) + "\n", mode=0o600)
