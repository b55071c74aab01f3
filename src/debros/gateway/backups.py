"""What is known of backups: the newest of each host, as the hosts have told it (debros.hosts.snapshots.told)."""

from typing import TypedDict

from debros.clock import Clock, iso, now_ms
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement

_LIST = Statement("SELECT host, created_at, bytes, pause FROM _gw_backups ORDER BY created_at DESC, host LIMIT 1000")


class Backup(TypedDict):
    """A host's newest backup.

    `created_at` is RFC 3339, by the clock of that host; `age` the seconds since then, by this gateway's; `bytes` its
    size; `interval` the seconds between two, by that host's configuration: 0 when they are turned off.
    """

    host: str
    created_at: str
    age: float
    bytes: int
    interval: float


class Backups:
    """Reads them."""

    def __init__(self, client: RqliteClient, clock: Clock = now_ms) -> None:
        self._client = client
        self._clock = clock

    async def list(self) -> list[Backup]:
        """Return the newest backup of each host, the newest of all first.

        Raises:
            RqliteError: The database cannot answer.
        """
        now = self._clock()
        rows = (await self._client.query(_LIST)).values
        return [
            {
                "host": str(host),
                "created_at": iso(int(created)),
                "age": max(0.0, (now - int(created)) / 1000),
                "bytes": int(size),
                "interval": int(pause) / 1000,
            }
            for host, created, size, pause in rows
        ]
