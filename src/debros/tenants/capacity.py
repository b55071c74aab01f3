"""How large the database may become, and how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.rqlite.types import Statement
from debros.tenants.errors import DatabaseFull

if TYPE_CHECKING:
    from debros.rqlite.client import RqliteClient

# Pages in use: those that deletions have freed are filled again before the file grows.
_SIZE = Statement(
    "SELECT (p.page_count - f.freelist_count) * s.page_size"
    " FROM pragma_page_count AS p, pragma_freelist_count AS f, pragma_page_size AS s"
)


class Capacity:
    """The limit and the last measured size, both in bytes; a limit of 0 is none."""

    def __init__(self, client: RqliteClient, limit: int) -> None:
        self._client = client
        self._limit = limit
        self.size = 0

    async def measure(self) -> None:
        """Ask the database how large it is.

        Raises:
            RqliteError: It cannot answer.
        """
        if self._limit:
            self.size = int((await self._client.query(_SIZE)).values[0][0])

    def check(self) -> None:
        """Refuse a write that may make the database larger.

        Raises:
            DatabaseFull: It is as large as it may be.
        """
        if self._limit and self.size >= self._limit:
            raise DatabaseFull(self.size, self._limit)
