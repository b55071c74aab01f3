"""What this gateway remembers of the namespaces' schemas, and how it learns that one has changed at another gateway."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.rqlite.errors import StatementError
from debros.rqlite.types import Statement
from debros.tenants.errors import NotReady, UnknownNamespace
from debros.tenants.sql.identifiers import prefix_of
from debros.tenants.sql.isolation import Isolation
from debros.tenants.sql.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from debros.rqlite.client import RqliteClient

_MOST = 500  # schemas remembered; one of 10 tables takes some 0.5 MB

_FIND = "SELECT id FROM _gw_namespaces WHERE name = ?"
_ENSURE = "INSERT INTO _gw_namespaces(name, created_at) VALUES(?, ?) ON CONFLICT(name) DO NOTHING"
# One statement, so that version and objects belong together; the objects only when the version is not the known one.
# The range is that of names that begin with the prefix: every one ends with `_`, and "`" follows `_`.
_LOAD = """
    SELECT v.version, m.type, m.name, m.tbl_name, m.sql
    FROM (SELECT coalesce((SELECT version FROM _gw_schemas WHERE namespace_id = ?), 0) AS version) AS v
    LEFT JOIN sqlite_master AS m ON v.version <> ? AND m.name >= ? AND m.name < ? AND m.sql <> ''
    ORDER BY m.rowid
"""
_CHANGED = """
    SELECT namespace_id, version FROM _gw_schemas WHERE version > ?
    UNION ALL SELECT NULL, coalesce(max(version), 0) FROM _gw_schemas
"""
# Both fail with a NOT NULL error when the version is another one, and their transaction with them.
_BUMP = """
    INSERT INTO _gw_schemas(namespace_id, version) VALUES(?, (SELECT coalesce(max(version), 0) + 1 FROM _gw_schemas))
    ON CONFLICT(namespace_id) DO UPDATE SET version = CASE WHEN version = ? THEN excluded.version END
"""
_GUARD = "UPDATE _gw_schemas SET version = CASE WHEN version = ? THEN version END WHERE namespace_id = ?"
_NEVER = -1
# Sets SQLite's last row id, which all callers share, to 0. There is no namespace 0, and version 0 is newer than none.
RESET_ROW_ID = Statement("REPLACE INTO _gw_schemas(namespace_id, version) VALUES(0, 0)", verbatim=True)


@dataclass(frozen=True, slots=True)
class Schema:
    """A namespace's schema at one version."""

    namespace_id: int
    version: int
    isolation: Isolation

    def bump(self) -> Statement:
        """Return what goes before definitions in their transaction."""
        return Statement(_BUMP, (self.namespace_id, self.version))

    def guard(self) -> Statement:
        """Return what goes before writes that may run against this version only."""
        return Statement(_GUARD, (self.version, self.namespace_id))

    @property
    def asked(self) -> str:
        """An expression for the version at the moment of a read."""
        number = self.namespace_id
        return f"coalesce((SELECT version FROM _gw_schemas WHERE namespace_id = {number:d}), 0)"  # noqa: S608 - a number

    @staticmethod
    def is_outdated(error: StatementError) -> bool:
        """Tell whether a transaction failed because the schema has changed meanwhile."""
        return "_gw_schemas.version" in error.message


class Schemas:
    """Schemas by namespace. A remembered one may be old for the time between two polls; that is wrong, never unsafe."""

    def __init__(self, client: RqliteClient, *, max_tables: int, ready: Callable[[], bool]) -> None:
        self._client = client
        self._max_tables = max_tables
        self._ready = ready
        self._ids: dict[str, int] = {}
        self._known: OrderedDict[int, Schema] = OrderedDict()
        self._loading: dict[int, asyncio.Task[Schema]] = {}
        self._seen = 0
        # Counts what was forgotten, so that a look that began before a change is not remembered behind it.
        self._forgotten = 0

    async def current(self, namespace: str) -> Schema:
        """Return the schema as far as this gateway knows; without asking the database when it is remembered.

        Raises:
            NotReady, UnknownNamespace: There is none.
            RqliteError: The database cannot answer.
        """
        number = await self._id(namespace)
        known = self._known.get(number)
        if known is not None:
            self._known.move_to_end(number)
            return known
        return await self._load_once(number)

    async def fresh(self, namespace: str) -> Schema:
        """Return the schema as the database has it now.

        Raises:
            NotReady, UnknownNamespace: There is none.
            RqliteError: The database cannot answer.
        """
        return await self._load(await self._id(namespace))

    def forget(self, schema: Schema) -> None:
        """Forget a schema that has changed."""
        self._forgotten += 1
        self._loading.pop(schema.namespace_id, None)
        known = self._known.get(schema.namespace_id)
        if known is not None and known.version <= schema.version:
            del self._known[schema.namespace_id]

    async def ensure(self, namespaces: Iterable[str]) -> None:
        """Give a number to each namespace that has none.

        Raises:
            RqliteError: The database cannot take it.
        """
        now = int(time.time() * 1000)
        await self._client.transaction([Statement(_ENSURE, (name, now)) for name in sorted(set(namespaces))])

    async def poll(self) -> None:
        """Learn which schemas have changed, and forget those.

        Raises:
            RqliteError: The database cannot answer.
        """
        if not self._known:
            return
        *changed, (_, newest) = (await self._client.query(Statement(_CHANGED, (self._seen,)))).values
        if newest < self._seen:  # the database was put back to an earlier day
            self._known.clear()
            self._loading.clear()
            self._ids.clear()
        for number, version in changed:
            known = self._known.get(number)
            if known is not None and known.version != version:
                del self._known[number]
                self._loading.pop(number, None)
        self._seen = newest

    async def _id(self, namespace: str) -> int:
        number = self._ids.get(namespace)
        if number is not None:
            return number
        try:
            rows = (await self._client.query(Statement(_FIND, (namespace,)))).values
        except StatementError:
            raise NotReady from None
        if not rows:
            raise UnknownNamespace(namespace) if self._ready() else NotReady
        self._ids[namespace] = int(rows[0][0])
        return self._ids[namespace]

    async def _load_once(self, number: int) -> Schema:
        """Load a schema; callers that come meanwhile share the one query."""
        running = self._loading.get(number)
        if running is None:
            running = self._loading[number] = asyncio.get_running_loop().create_task(self._load(number))
        try:
            return await asyncio.shield(running)
        finally:
            if self._loading.get(number) is running and running.done():
                del self._loading[number]

    async def _load(self, number: int) -> Schema:
        known, forgotten = self._known.get(number), self._forgotten
        prefix = prefix_of(number)
        version = known.version if known else _NEVER
        try:
            rows = (
                await self._client.query(Statement(_LOAD, (number, version, prefix, prefix[:-1] + chr(ord("_") + 1))))
            ).values
        except StatementError:
            raise NotReady from None
        if known is not None and rows[0][0] == version:
            return known
        objects = [Stored(*(str(cell) for cell in row[1:])) for row in rows if row[1] is not None]
        schema = Schema(number, rows[0][0], Isolation(number, objects, max_tables=self._max_tables))
        newer = self._known.get(number)
        if forgotten == self._forgotten and (newer is None or newer.version < schema.version):
            self._known[number] = schema
            self._known.move_to_end(number)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return schema
