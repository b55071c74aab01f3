"""Removes what nobody needs any more, a little at a time."""

from debros.clock import Clock, now_ms
from debros.rqlite.client import RqliteClient
from debros.rqlite.sweeping import keep_sweeping
from debros.rqlite.types import Statement

_PERIOD = 300.0  # seconds
_BATCH = 1000  # rows a table and round: a larger DELETE would make every writer wait
_HOUR = 3_600_000
# Each table with the condition of what is over; `?` is the moment. Nonces and grants stay a while after their end: the
# statements of a sign-in under way still find them, and a code that comes again is recognised.
_OVER = (
    ("_gw_nonces", "nonce", "expires_at", _HOUR),
    ("_gw_tickets", "hash", "expires_at", _HOUR),
    ("_gw_login_grants", "hash", "expires_at", _HOUR),
    ("_gw_device_logins", "hash", "expires_at", _HOUR),
    ("_gw_refresh_tokens", "hash", "expires_at", 24 * _HOUR),
    ("_gw_sessions", "id", "expires_at", 24 * _HOUR),
    ("_gw_signing_keys", "kid", "expires_at", 24 * _HOUR),
    ("_gw_changes", "seq", "at", 24 * _HOUR),
)


class Upkeep:
    """Deletes old rows; `audit_retention` in milliseconds, 0 for ever."""

    def __init__(self, client: RqliteClient, *, audit_retention: int, clock: Clock = now_ms) -> None:
        self._client = client
        self._audit_retention = audit_retention
        self._clock = clock

    async def run(self) -> None:
        """Look every few minutes, until cancelled."""
        await keep_sweeping(self.sweep, period=_PERIOD, what="old sign-in records")

    async def sweep(self) -> bool:
        """Remove one batch of each table; return whether there is more.

        Raises:
            RqliteError: The database does not take it.
        """
        now = self._clock()
        tables = list(_OVER)
        if self._audit_retention:
            tables.append(("_gw_audit", "id", "at", self._audit_retention))
        statements = [
            Statement(
                f"DELETE FROM {table} WHERE {key} IN"  # noqa: S608 - names of this module
                f" (SELECT {key} FROM {table} WHERE {column} < ? LIMIT {_BATCH})",
                (now - after,),
            )
            for table, key, column, after in tables
        ]
        results = await self._client.transaction(statements)
        return any(result.rows_affected >= _BATCH for result in results)
