"""Every namespace's database, from one connection to the cluster; and what is asked of it once a second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import apsw

from debros import logs
from debros.rqlite.errors import RqliteError
from debros.rqlite.types import Statement
from debros.tenants.capacity import Capacity
from debros.tenants.database import TenantDatabase
from debros.tenants.schemas import Schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from debros.rqlite.client import RqliteClient
    from debros.rqlite.writes import Writes
    from debros.tenants.limits import Limits

_log = logs.get("debros.tenants")
POLL_INTERVAL = 1.0  # seconds


class Tenants:
    """All namespaces.

    Args:
        client: The cluster.
        writes: Where single writes go, of all namespaces together.
        limits: What one call may ask for.
        max_tables: Tables and views a namespace may have.
        max_database_size: Bytes that the whole database may have; 0 for no limit.
        ready: Whether the gateway's own tables are there.
    """

    def __init__(
        self,
        client: RqliteClient,
        writes: Writes,
        limits: Limits,
        *,
        max_tables: int,
        max_database_size: int,
        ready: Callable[[], bool],
    ) -> None:
        self._client = client
        self._writes = writes
        self._limits = limits
        self._ready = ready
        self.capacity = Capacity(client, max_database_size)
        self.schemas = Schemas(client, max_tables=max_tables, ready=ready)

    def database(self, namespace: str) -> TenantDatabase:
        """Return a namespace's database."""
        return TenantDatabase(namespace, self._client, self._writes, self.schemas, self.capacity, self._limits)

    async def ensure(self, namespaces: Iterable[str]) -> None:
        """Give a number to each namespace that has none.

        Raises:
            RqliteError: The database cannot take it.
        """
        await self.schemas.ensure(namespaces)

    async def watch(self) -> None:
        """Look for changed schemas and for the size of the database, until cancelled."""
        compared = False
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            if not self._ready():
                continue
            try:
                if not compared:
                    await self._compare_versions()
                    compared = True
                await self.schemas.poll()
                await self.capacity.measure()
            except RqliteError as error:
                _log.debug("cannot look for changes", reason=type(error).__name__)

    async def _compare_versions(self) -> None:
        """Say so when the database's SQLite is newer than the one that proves: what is new in it will be refused.

        Safety does not hang on it (see sql/isolation.py), so nothing else is done.
        """
        theirs = str((await self._client.query(Statement("SELECT sqlite_version()"))).values[0][0])
        ours = apsw.sqlite_lib_version()
        if [int(part) for part in theirs.split(".")] > [int(part) for part in ours.split(".")]:
            _log.warning(
                "rqlited's SQLite is newer than the gateway's; statements that only the newer one knows are refused",
                rqlited=theirs,
                gateway=ours,
            )
