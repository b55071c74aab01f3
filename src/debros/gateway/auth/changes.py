"""What every gateway has to forget, told through the database.

The transaction that revokes something adds a row here; each gateway reads the rows after the last it knows once a
second, and at once after a revocation of its own, with the other workers of this gateway: whoever signs out is out when
the answer comes. When it cannot read for a while it no longer trusts what it remembers.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from debros import logs
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import RqliteError
from debros.rqlite.types import Statement, Value

_log = logs.get("debros.gateway.auth")
_PERIOD = 1.0  # seconds between two looks
_TIMEOUT = 2.0  # seconds for one look
# Seconds after the last good look. With the period before it and the database's own delay it stays below the ten
# seconds within which every gateway has seen a revocation.
_TRUST = 5.0
_MOST = 1000  # rows in one look; after more than that everything is forgotten
_LAST = Statement("SELECT COALESCE(MAX(seq), 0) FROM _gw_changes")
_SINCE = "SELECT seq, kind, subject FROM _gw_changes WHERE seq > ? ORDER BY seq LIMIT ?"
_INSERT = "INSERT INTO _gw_changes (kind, subject, at)"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to forget: an owner ("namespace wallet"), a session, a key (their ids) or a signing_key (its kid)."""

    kind: str
    subject: str


# Called with the changes; None: there may have been any.
Listener = Callable[[list[Change] | None], None]


def announcing(kind: str, subject: str, now: int, guard: str = "1", args: tuple[Value, ...] = ()) -> Statement:
    """Return the statement that announces a change in the transaction that makes it, if `guard` holds there."""
    return Statement(f"{_INSERT} SELECT ?, ?, ? WHERE {guard}", (kind, subject, now, *args))


class Changes:
    """Follows the changes.

    Args:
        client: The database.
        clock: A monotonic clock, seconds.
        others: Has the other workers of this gateway follow as well.
    """

    def __init__(
        self,
        client: RqliteClient,
        clock: Callable[[], float] = time.monotonic,
        others: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._client = client
        self._others = others
        self._clock = clock
        self._listeners: list[Listener] = []
        self._seen: int | None = None
        self._trusted_until = 0.0
        self.generation = 0

    def listen(self, listener: Listener) -> None:
        """Call somebody at every change."""
        self._listeners.append(listener)

    @property
    def current(self) -> bool:
        """Whether what is remembered may be believed."""
        return self._clock() < self._trusted_until

    async def run(self) -> None:
        """Look once a second, for ever; the tables are there."""
        failing = False
        while True:
            try:
                await self.look()
            except RqliteError as error:
                if not failing:
                    _log.warning("revocations cannot be followed", reason=type(error).__name__)
                failing = True
            else:
                if failing:
                    _log.info("revocations are followed again")
                failing = False
            await asyncio.sleep(_PERIOD)

    async def catch_up(self) -> None:
        """Look now, because this gateway has just revoked something; when it cannot, the next round does it."""
        await self.follow()
        if self._others is not None:
            await self._others()

    async def follow(self) -> None:
        """Look now, because something was revoked at this worker or another one of this gateway."""
        with contextlib.suppress(RqliteError):
            await self.look()

    async def look(self) -> None:
        """Read what is new and tell the listeners.

        Raises:
            RqliteError: The database cannot answer.
        """
        asked = self._clock()
        if self._seen is None or not self.current:
            found = await self._client.query(_LAST, timeout=_TIMEOUT)
            self._tell(None, int(found.values[0][0]))
        else:
            found = await self._client.query(Statement(_SINCE, (self._seen, _MOST)), timeout=_TIMEOUT)
            rows = found.values
            if len(rows) >= _MOST:
                self._tell(None, int(rows[-1][0]))
            elif rows:
                self._tell([Change(str(row[1]), str(row[2])) for row in rows], int(rows[-1][0]))
        self._trusted_until = asked + _TRUST

    def _tell(self, changes: list[Change] | None, seen: int) -> None:
        self._seen = seen
        self.generation += 1
        for listener in self._listeners:
            listener(changes)
