"""The directory of secrets on a host that joins: written whole, `ca.key` last, so half a directory is known as half."""

from __future__ import annotations

import hashlib
import re
import ssl
from typing import TYPE_CHECKING, Any, Final

from debros import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CERTIFICATE: Final = "ca.crt"
# Written last: where it is, so is all the rest.
MARK: Final = "ca.key"
_NAME: Final = re.compile(r"[a-z][a-z0-9.-]{0,63}")
_LARGEST: Final = 256 * 1024


class KeepError(Exception):
    """The secrets cannot be kept here; the text says why."""


def fingerprint(pem: str) -> bytes:
    """Return the SHA-256 of the DER form of the first certificate in a PEM text.

    Raises:
        ValueError: there is no certificate in it.
    """
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    if begin not in pem or end not in pem:
        raise ValueError("no certificate")
    first = pem[pem.index(begin) : pem.index(end) + len(end)]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).digest()


def authority(directory: Path) -> bytes | None:
    """Return the fingerprint of the authority that the secrets here belong to; None when there are none.

    Raises:
        KeepError: what is there cannot be read.
    """
    path = directory / CERTIFICATE
    try:
        return fingerprint(path.read_text("ascii"))
    except FileNotFoundError:
        if (directory / MARK).exists():
            raise KeepError(f"{directory} has a {MARK} and no {CERTIFICATE}; restore it from a backup") from None
        return None
    except OSError as error:
        raise KeepError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise KeepError(f"{path} is no certificate") from None


def is_complete(directory: Path) -> bool:
    """Tell whether everything is there."""
    return (directory / MARK).is_file()


def check(secrets: Any, ca_sha256: bytes) -> dict[str, str]:
    """Return secrets as a member sent them, file name → text.

    Raises:
        KeepError: something is missing, or could be written elsewhere than meant.
    """
    if not isinstance(secrets, dict) or not {CERTIFICATE, MARK, "rqlite.yml", "api-keys"} <= secrets.keys():
        raise KeepError("the member did not send all the cluster's secrets")
    for name, text in secrets.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or ".." in name or not isinstance(text, str):
            raise KeepError(f"the member sent a secret called {str(name)[:80]!r}, which is no name for one")
        if not 0 < len(text) <= _LARGEST:
            raise KeepError(f"the member sent {name} with {len(text)} characters")
    try:
        same = fingerprint(secrets[CERTIFICATE]) == ca_sha256
    except ValueError:
        same = False
    if not same:
        raise KeepError(f"the member sent another {CERTIFICATE} than the one the invite names")
    return dict(secrets)


def write(secrets: Mapping[str, str], directory: Path) -> None:
    """Write secrets as `check` has found them good; repeating it after an interruption is safe.

    Raises:
        OSError: one cannot be written; the mark is not there then.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    for name in sorted(secrets, key=lambda name: name == MARK):
        files.replace(directory / name, secrets[name], mode=0o600)
