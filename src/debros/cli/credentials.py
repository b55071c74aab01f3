"""The file of credentials, `~/.debros/credentials.json`: read and written here and nowhere else.

    {"version": "2.0", "current": "http://localhost:6001",
     "gateways": {"http://localhost:6001": {"current": 0, "credentials": [
         {"type": "api_key", "api_key": "…", "namespace": "default", "wallet": ""}]}}}

Members this version does not know stay as they are when the file is rewritten.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from debros import files
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "2.0"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class CredentialsError(CliError):
    """The file cannot be used; the text says what is wrong, where, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="credentials_unusable", exit_code=ExitCode.AUTHENTICATION)


@dataclass(frozen=True)
class Credential:
    """One way to prove who is asking.

    Attributes:
        type: "api_key"; other types are kept in the file and not used.
        api_key: the secret.
        namespace: what the key opens.
        wallet: address it belongs to, "" for none.
    """

    type: str
    api_key: str = field(repr=False)
    namespace: str
    wallet: str


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

    @property
    def current(self) -> str | None:
        """URL of the gateway used when none is named."""
        return self.document["current"] or None

    def for_gateway(self, url: str) -> Credential | None:
        """Return the credential in use for a gateway, None when there is none.

        `localhost`, `127.0.0.1` and `[::1]` with the same port are the same gateway.
        """
        gateways = self.document["gateways"]
        entry = next((gateways[name] for name in _spellings(url) if name in gateways), None)
        if entry is None or not entry["credentials"]:
            return None
        found = entry["credentials"][entry["current"]]
        if found["type"] != "api_key":
            return None
        return Credential("api_key", found["api_key"], found["namespace"], found.get("wallet", ""))


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
        return Credentials(path, {"version": VERSION, "current": "", "gateways": {}})
    except OSError as exc:
        raise CredentialsError(f"{path}: {exc.strerror}") from exc
    with os.fdopen(number, "rb") as file:
        notices = _close_to_others(path, number)
        return Credentials(path, _parse(path, file.read()), notices)


def save_api_key(
    path: Path | None, gateway_url: str, api_key: str, namespace: str, *, make_current_if_none: bool = True
) -> None:
    """Store an API key for a gateway, in place of one for the same namespace.

    Args:
        path: the credentials file, None for the default one.
        gateway_url: for example ``http://localhost:6001``.
        api_key: the key.
        namespace: what it opens.
        make_current_if_none: make this the gateway to use when none is named, unless there is one already.

    Raises:
        CredentialsError: the existing file cannot be read (it is left as it is), or the new one not written.
    """
    path = path or default_path()
    with _locked(path):
        document = load(path).document
        url = gateway_url.rstrip("/")
        entry = document["gateways"].setdefault(url, {"credentials": [], "current": 0})
        new = {"type": "api_key", "api_key": api_key, "namespace": namespace, "wallet": ""}
        for known in entry["credentials"]:
            if known["type"] == "api_key" and known["namespace"] == namespace and not known.get("wallet"):
                known.update(new)
                break
        else:
            entry["credentials"].append(new)
        if make_current_if_none and not document["current"]:
            document["current"] = url
        text = json.dumps(document, indent=2) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:  # `make up` again changes nothing
            files.replace(path, text, mode=0o600)


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
    if not status.st_mode & _OTHERS:
        return []
    os.fchmod(number, 0o600)
    return [f"{path} was open to other users (mode {stat.S_IMODE(status.st_mode):04o}); it is 0600 now"]


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as exc:
        raise CredentialsError(f"{path}: not JSON ({exc}); repair it or move it away") from exc
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        hint = "upgrade network-cli" if _is_newer(version) else "repair it or move it away"
        raise CredentialsError(f"{path}: version {version!r} is not {VERSION!r}; {hint}")
    if not _is_valid(document):
        raise CredentialsError(
            f"{path}: not the form of a version {VERSION} credentials file; repair it or move it away"
        )
    assert isinstance(document, dict)
    return document


def _is_newer(version: object) -> bool:
    try:
        return [int(part) for part in str(version).split(".")] > [int(part) for part in VERSION.split(".")]
    except ValueError:
        return False


def _is_valid(document: dict[str, Any]) -> bool:
    gateways = document.get("gateways")
    return (
        isinstance(document.get("current"), str)
        and isinstance(gateways, dict)
        and all(isinstance(entry, dict) and _is_valid_gateway(entry) for entry in gateways.values())
    )


def _is_valid_gateway(entry: dict[str, Any]) -> bool:
    credentials, current = entry.get("credentials"), entry.get("current")
    return (
        isinstance(credentials, list)
        and isinstance(current, int)
        and 0 <= current < max(len(credentials), 1)
        and all(isinstance(one, dict) and _is_valid_credential(one) for one in credentials)
    )


def _is_valid_credential(one: dict[str, Any]) -> bool:
    if one.get("type") != "api_key":
        return isinstance(one.get("type"), str)
    return all(isinstance(one.get(name), str) for name in ("api_key", "namespace"))


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file's lock; a side file, because the file itself is replaced."""
    try:
        _make_directory(path.parent)
        number = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(number) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as exc:
        raise CredentialsError(f"{exc.filename or path}: {exc.strerror}") from exc


def _make_directory(directory: Path) -> None:
    """Create the directory, 0700; close ~/.debros to others, and leave a directory of the user's choice as it is."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory == Path("~/.debros").expanduser() and stat.S_IMODE(directory.stat().st_mode) & _OTHERS:
        directory.chmod(0o700)
