"""Reading the file of credentials, and changing it under its lock."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from debros import files
from debros.cli.credentials import form
from debros.cli.credentials.form import CredentialsError
from debros.cli.credentials.lock import OTHERS, PATIENCE, locked
from debros.cli.credentials.records import Credential, from_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass
class Credentials:
    """The content of the file.

    Attributes:
        path: where it lies (it need not exist yet).
        document: the JSON document, whole.
        notices: what the user should know about how it was read.
    """

    path: Path
    document: dict[str, Any]
    notices: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return the content as it is written."""
        return json.dumps(self.document, indent=2) + "\n"

    @property
    def current(self) -> str | None:
        """URL of the gateway used when none is named."""
        return self.document["current"] or None

    def name_of(self, url: str) -> str | None:
        """Return the name under which a gateway is stored, None when it is not.

        `localhost`, `127.0.0.1` and `[::1]` with the same port are the same gateway.
        """
        return next((name for name in _spellings(url) if name in self.document["gateways"]), None)

    def known(self) -> Iterator[tuple[str, Credential]]:
        """Yield the gateway and the credential of all entries whose type this version knows."""
        for name, entry in self.document["gateways"].items():
            for one in map(from_entry, entry["credentials"]):
                if one is not None:
                    yield name, one

    def for_gateway(self, url: str, namespace: str | None = None) -> Credential | None:
        """Return the credential to use for a gateway, None when there is none.

        Args:
            url: the gateway.
            namespace: which the credential must open; None for whatever the one in use opens.
        """
        name = self.name_of(url)
        entry = self.document["gateways"][name] if name else None
        if entry is None or not entry["credentials"]:
            return None
        in_use = entry["credentials"][entry["current"]]
        if namespace is None:
            return from_entry(in_use)
        known = (from_entry(one) for one in (in_use, *entry["credentials"]))
        return next((one for one in known if one is not None and one.namespace == namespace), None)


def default_path() -> Path:
    """Return $DEBROS_CREDENTIALS_FILE or ~/.debros/credentials.json."""
    return Path(os.environ.get("DEBROS_CREDENTIALS_FILE") or "~/.debros/credentials.json").expanduser()


def load(path: Path | None = None) -> Credentials:
    """Read the file; one that does not exist is empty.

    A file of ours that others can read is closed to them, with a notice; one that belongs to somebody else is refused.

    Raises:
        CredentialsError: it is not ours, not readable, not valid, or of a version we do not know.
    """
    path = path or default_path()
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a FIFO must not block us
    except FileNotFoundError:
        return Credentials(path, form.empty())
    except OSError as exc:
        raise CredentialsError(f"{path}: {exc.strerror}") from exc
    with os.fdopen(number, "rb") as file:
        notices = _close_to_others(path, number)
        return Credentials(path, form.parse(path, file.read()), notices)


@contextlib.contextmanager
def editing(path: Path | None, patience: float = PATIENCE) -> Iterator[Credentials]:
    """Hold the file's lock, give its content, and write what has become of it; after an error nothing is written.

    Args:
        path: the credentials file, None for the default one.
        patience: seconds to wait for another process that is changing it.

    Raises:
        CredentialsError: the existing file cannot be read (it is left as it is), or the new one not written.
        CliError: another process holds the lock.
    """
    path = path or default_path()
    with locked(path, patience):
        stored = load(path)
        before = json.dumps(stored.document)
        yield stored
        if json.dumps(stored.document) == before:  # `make up` again changes nothing
            return
        try:
            files.replace(path, stored.text(), mode=0o600)
        except OSError as exc:
            raise _not_writable(path, exc) from exc


def check_writable(stored: Credentials) -> None:
    """See that a file that is being edited can be written, before something is begun that could not be kept.

    Raises:
        CredentialsError: it cannot be written.
    """
    try:
        files.rehearse(stored.path, stored.text())
    except OSError as exc:
        raise _not_writable(stored.path, exc) from exc


def _not_writable(path: Path, exc: OSError) -> CredentialsError:
    """Name the file itself: what could not be made is a draft beside it, of whose name nobody knows."""
    place = path.resolve()
    where = f"{path} (a link to {place})" if path.is_symlink() else str(path)
    return CredentialsError(
        f"{where}: cannot be written ({exc.strerror})",
        hint=f"make {place.parent} a directory with room that you may write to, or name another file with "
        "DEBROS_CREDENTIALS_FILE",
    )


def _spellings(url: str) -> list[str]:
    """Return the names under which a gateway may be stored, the given one first."""
    url = url.rstrip("/")
    host = urlsplit(url).netloc.rpartition(":")[0] if urlsplit(url).port else urlsplit(url).netloc
    if host not in _LOOPBACK:
        return [url]
    return [url, *(url.replace(f"//{host}", f"//{other}", 1) for other in _LOOPBACK if other != host)]


def _close_to_others(path: Path, number: int) -> list[str]:
    status = os.fstat(number)
    if not stat.S_ISREG(status.st_mode):
        raise CredentialsError(f"{path}: not a regular file; move it away")
    if status.st_uid != os.geteuid():
        raise CredentialsError(f"{path}: belongs to another user; move it away, or set DEBROS_CREDENTIALS_FILE")
    if not status.st_mode & OTHERS:
        return []
    os.fchmod(number, 0o600)
    return [f"{path} was open to other users (mode {stat.S_IMODE(status.st_mode):04o}); it is 0600 now"]
