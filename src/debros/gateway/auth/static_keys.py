"""API keys from the configuration file, looked up by digest so that the time taken tells nothing about a key."""

import hashlib
import secrets
from collections.abc import Iterable

from debros.config import ADMIN, ApiKey
from debros.gateway.auth.principal import Principal

_KEY_ID_LENGTH = 12


class StaticKeys:
    """The keys of `api_keys`; kept only as digests under a key of this process."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._pepper = secrets.token_bytes(32)
        self._owners = {
            self._digest(entry.key): _principal(entry, f"static-{fingerprint(entry.key)}") for entry in keys
        }

    async def authenticate(self, credential: str) -> Principal | None:
        """Return the owner of a key, or None."""
        return self._owners.get(self._digest(credential))

    def remembers(self, credential: str) -> bool:
        """Tell whether this is one of the keys."""
        return self._digest(credential) in self._owners

    def _digest(self, key: str) -> bytes:
        # BLAKE2's own keyed mode (RFC 7693) is a MAC like HMAC, in a third of its time; this is asked at every request.
        return hashlib.blake2b(key.encode("utf-8", "surrogateescape"), key=self._pepper, digest_size=32).digest()


def _principal(entry: ApiKey, name: str) -> Principal:
    return Principal(entry.namespace, "api_key", name, name, static=True, admin=entry.scope == ADMIN)


def fingerprint(key: str) -> str:
    """Return what logs call a key: the start of its SHA-256, the same on every host."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:_KEY_ID_LENGTH]
