"""The cluster's secret, under which credentials are kept as digests.

API keys and refresh tokens have at least 142 random bits, so a fast keyed digest is enough: nobody guesses them, with
or without this key. The key takes from who has a copy of the database even the check whether a secret they found
elsewhere is one of ours; so it stands in a file, which the playbooks and `make up` provide. Gateways without that
file, started by hand, share a key that lies in the database, which is as good as plain SHA-256.
"""

import hmac
import secrets
from pathlib import Path

from debros.config import ConfigError
from debros.config.problems import Problem
from debros.config.secretfiles import SecretFileError, read_server_key
from debros.gateway.auth.refusals import starting

_FINGERPRINT_LENGTH = 16


class Digests:
    """Digests of secrets under the server key; one kind's can never be mistaken for another's.

    Attributes:
        key: The key, None while it is not known.
    """

    def __init__(self, key: bytes | None) -> None:
        self.key = key

    def of(self, kind: str, secret: str) -> str:
        """Return the digest of a secret, 64 hex digits.

        Raises:
            Problem: 503; the key is not known yet.
        """
        if self.key is None:
            raise starting()
        return _digest(self.key, kind, secret)


def read(path: Path | None) -> bytes | None:
    """Return the key of a file, None without a file.

    Raises:
        ConfigError: The file cannot be read, or holds something else.
    """
    try:
        return read_server_key(path) if path else None
    except SecretFileError as error:
        raise ConfigError([Problem("auth.server_key_file", error.message, error.hint)]) from None


def new() -> str:
    """Return a new key, 256 bits."""
    return secrets.token_hex(32)


def fingerprint(key: bytes) -> str:
    """Return what may be shown of a key, to tell two apart."""
    return _digest(key, "fingerprint", "")[:_FINGERPRINT_LENGTH]


def _digest(key: bytes, kind: str, secret: str) -> str:
    return hmac.digest(key, f"{kind}\0{secret}".encode("utf-8", "surrogateescape"), "sha256").hex()
