"""The public halves of every gateway's signing keys, from the database."""

import asyncio
import base64
import re
import time
from collections.abc import Callable
from typing import Literal, TypedDict

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from debros import logs
from debros.clock import Clock, now_ms
from debros.gateway.auth.changes import Change, Changes
from debros.gateway.auth.keyring import thumbprint
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import RqliteError
from debros.rqlite.types import Statement

_log = logs.get("debros.gateway.auth")
_KID = re.compile(r"[A-Za-z0-9_-]{43}")
_ALL = "SELECT kid, public_key, expires_at FROM _gw_signing_keys WHERE expires_at > ? ORDER BY signs_from, kid"
# Seconds between two readings that unknown names cause: who invents names must not make the database work.
_PAUSE = 1.0


class Jwk(TypedDict):
    """An Ed25519 public key as a JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str
    use: Literal["sig"]
    alg: Literal["EdDSA"]


class Jwks(TypedDict):
    """Every public key that may have signed a live access token (RFC 7517)."""

    keys: list[Jwk]


class PublicKeys:
    """Every key that may have signed a live token."""

    def __init__(self, client: RqliteClient, changes: Changes, clock: Clock = now_ms) -> None:
        self._client = client
        self._clock = clock
        self._keys: dict[str, tuple[str, Ed25519PublicKey, int]] = {}
        self._stale = True
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []
        changes.listen(self._changed)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call somebody when keys may have come or gone."""
        self._listeners.append(listener)

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        """Return a key, None when there is no such one; an unknown name is looked up, within reason.

        Raises:
            RqliteError: The database cannot answer.
        """
        if not _KID.fullmatch(kid):
            return None
        if self._stale or kid not in self._keys:
            await self._read_for(kid)
        found = self._keys.get(kid)
        return found[1] if found and found[2] > self._clock() else None

    async def jwks(self) -> Jwks:
        """Return the keys as a JSON Web Key Set (RFC 7517, RFC 8037).

        Raises:
            RqliteError: The database cannot answer.
        """
        if self._stale:
            await self._read_for("")
        now = self._clock()
        return {
            "keys": [
                {"kty": "OKP", "crv": "Ed25519", "x": public, "kid": kid, "use": "sig", "alg": "EdDSA"}
                for kid, (public, _, expires_at) in self._keys.items()
                if expires_at > now
            ]
        }

    async def _read_for(self, kid: str) -> None:
        asked = time.monotonic()
        async with self._lock:
            if self._read_at >= asked or (not self._stale and kid in self._keys):
                return  # somebody has read it meanwhile
            if not self._stale:
                await asyncio.sleep(max(0.0, self._read_at + _PAUSE - time.monotonic()))
            began, self._stale = time.monotonic(), False
            try:
                rows = (await self._client.query(Statement(_ALL, (self._clock(),)))).values
            except RqliteError:
                self._stale = True
                raise
            self._keys = {}
            for name, public, expires_at in rows:
                if thumbprint(str(public)) != name:
                    _log.error("a signing key in the database is not the one it is called; it is not used", kid=name)
                    continue
                raw = base64.urlsafe_b64decode(f"{public}=")
                self._keys[str(name)] = (str(public), Ed25519PublicKey.from_public_bytes(raw), int(expires_at))
            self._read_at = began

    def _changed(self, changes: list[Change] | None) -> None:
        if changes is None or any(change.kind == "signing_key" for change in changes):
            self._stale = True
            for listener in self._listeners:
                listener()
