"""Keeps the key ring turning and its public halves in the database."""

import asyncio

from debros import logs
from debros.clock import Clock, now_ms
from debros.gateway.auth.changes import announcing
from debros.gateway.auth.gate import soon
from debros.gateway.auth.keyring import KeyRing, SigningKey
from debros.gateway.auth.refusals import starting
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import RqliteError
from debros.rqlite.types import Statement

_log = logs.get("debros.gateway.auth")
_LONGEST_PAUSE = 60.0  # seconds between two looks at the clock
_SHORTEST_PAUSE = 0.2
_RETRY = 1.0
_PUBLISH = (
    "INSERT INTO _gw_signing_keys (kid, public_key, signs_from, signs_until, expires_at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (kid) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)"
)


class Signer:
    """The key this gateway signs with; only one whose public half every gateway can read."""

    def __init__(self, client: RqliteClient, ring: KeyRing, clock: Clock = now_ms) -> None:
        self._client = client
        self._ring = ring
        self._clock = clock
        self._published: set[str] = set()
        self._ready = asyncio.Event()

    async def ready(self) -> None:
        """Return when there is a key to sign with; who comes while the gateway starts waits a moment.

        Raises:
            Problem: 503; there is none yet.
        """
        if not self._ready.is_set():
            await soon(self._ready)

    def key(self) -> SigningKey:
        """Return the key to sign with.

        Raises:
            Problem: 503; it is not published yet.
        """
        key = self._ring.current(self._published)
        if key is None:
            raise starting()
        return key

    async def run(self) -> None:
        """Turn and publish, for ever; the tables are there."""
        while True:
            pause = _RETRY
            try:
                await self.turn()
            except OSError as error:
                _log.error("the signing keys cannot be written; see data_dir", error=error.strerror)
            except RqliteError as error:
                _log.warning("the signing keys cannot be published", reason=type(error).__name__)
            else:
                pause = self._until_next()
            await asyncio.sleep(pause)

    async def turn(self) -> None:
        """Do what is due.

        Raises:
            OSError: The keys cannot be written.
            RqliteError: They cannot be published.
        """
        if self._ring.turn():
            _log.info("signing keys turned", keys=[key.kid for key in self._ring.keys])
        new = [key for key in self._ring.keys if key.kid not in self._published]
        if new:
            now = self._clock()
            rows = [
                Statement(
                    _PUBLISH, (key.kid, key.public_key, key.signs_from, key.signs_until, self._ring.expires_at(key))
                )
                for key in new
            ]
            await self._client.transaction([*rows, *(announcing("signing_key", key.kid, now) for key in new)])
        self._published = {key.kid for key in self._ring.keys}
        self._ready.set()

    def _until_next(self) -> float:
        now = self._clock()
        times = [key.signs_from for key in self._ring.keys if key.signs_from > now]
        until = (min(times) - now) / 1000 if times else 0.0
        return min(max(until, _SHORTEST_PAUSE), _LONGEST_PAUSE)
