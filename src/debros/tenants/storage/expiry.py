"""Removes values that are over. Nobody sees them any more, so this only gives room back, a little at a time.

Every gateway does it. Each batch is chosen by the statement that deletes it, in an order without ties, so that every
host removes the same rows, and gateways side by side remove different ones.
"""

from collections.abc import Callable

from debros.clock import Clock, now_ms
from debros.rqlite.client import RqliteClient
from debros.rqlite.sweeping import keep_sweeping
from debros.rqlite.types import Statement

_PERIOD = 60.0  # seconds
_BATCH_ROWS = 500  # a larger DELETE would make every writer wait
_BATCH_BYTES = 8 * 1024 * 1024
# Milliseconds that a value is kept after its end: a gateway whose clock is ahead must not take from the others what
# they still show.
_GRACE = 60_000
_ANY = "SELECT 1 FROM _gw_kv INDEXED BY _gw_kv_ended WHERE expires_at IS NOT NULL AND expires_at <= ? LIMIT 1"
_DELETE = (
    "DELETE FROM _gw_kv WHERE key IN (SELECT key FROM ("
    " SELECT key, SUM(size) OVER (ORDER BY expires_at, key ROWS UNBOUNDED PRECEDING) - size AS before FROM ("
    "  SELECT expires_at, key, size FROM _gw_kv INDEXED BY _gw_kv_ended"
    "  WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at, key LIMIT ?)"
    " ) WHERE before < ?)"
)


class Expiry:
    """The sweep of one gateway; `ready` tells whether the gateway's own tables are there."""

    def __init__(self, client: RqliteClient, *, ready: Callable[[], bool], clock: Clock = now_ms) -> None:
        self._client = client
        self._ready = ready
        self._clock = clock

    async def run(self) -> None:
        """Sweep about once a minute, until cancelled."""
        await keep_sweeping(self.sweep, period=_PERIOD, what="values that are over")

    async def sweep(self) -> bool:
        """Remove one batch of what has been over for a minute; return whether there may be more.

        Without such values it only reads.

        Raises:
            RqliteError: The database does not take it.
        """
        if not self._ready():
            return False
        over = self._clock() - _GRACE
        if not (await self._client.query(Statement(_ANY, (over,)))).values:
            return False
        done = await self._client.execute(Statement(_DELETE, (over, _BATCH_ROWS, _BATCH_BYTES), verbatim=True))
        return bool(done.rows_affected)
