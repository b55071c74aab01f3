"""Key-value pairs of a namespace, kept in one table of the replicated database.

Values are BLOBs. They travel to rqlite as hex text and `unhex(?)`, because not every rqlite takes BLOB parameters,
and come back as base64.
"""

import base64
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement, Value
from debros.tenants import names
from debros.tenants.errors import KeyNotFound, NotReady, TooMuch

_PUT = (
    "INSERT INTO _gw_kv(key, value, size, created_at, updated_at) VALUES(?, unhex(?), ?, ?, ?)"
    " ON CONFLICT(key) DO UPDATE"
    " SET value = excluded.value, size = excluded.size, updated_at = excluded.updated_at"
)
_GET = "SELECT value FROM _gw_kv WHERE key = ?"
_DELETE = "DELETE FROM _gw_kv WHERE key = ?"
_EXISTS = "SELECT 1 FROM _gw_kv WHERE key = ?"
# A range and not LIKE: `%` and `_` in a prefix are plain characters, and the range ends where the prefix does.
_LIST = "SELECT key FROM _gw_kv WHERE key >= ? AND key > ? AND key < ? ORDER BY key LIMIT ?"

_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class Page(NamedTuple):
    """Keys in order of their UTF-8 bytes; `last` is where the next page continues, None at the end."""

    keys: list[str]
    last: str | None


class Storage:
    """Values by key; every method takes the namespace first."""

    def __init__(
        self, client: RqliteClient, *, max_key_bytes: int, max_value_bytes: int, ready: Callable[[], bool]
    ) -> None:
        self._client = client
        self._max_key = max_key_bytes
        self._max_value = max_value_bytes
        self._ready = ready

    async def put(self, namespace: str, key: str, value: bytes) -> None:
        """Store a value, replacing the one there was.

        Raises:
            InvalidName: The key cannot be one.
            TooMuch: The value is larger than allowed.
            RqliteError: The database cannot take it.
        """
        inner = self._inner(namespace, key)
        if len(value) > self._max_value:
            raise TooMuch(
                "value_too_large", f"the value is {len(value)} bytes long; at most {self._max_value} are allowed"
            )
        now = int(time.time() * 1000)
        await self._client.execute(Statement(_PUT, (inner, value.hex(), len(value), now, now)))

    async def get(self, namespace: str, key: str) -> bytes:
        """Return a value.

        Raises:
            InvalidName: The key cannot be one.
            KeyNotFound: There is none.
            RqliteError: The database cannot answer.
        """
        rows = await self._rows(_GET, (self._inner(namespace, key),))
        if not rows:
            raise KeyNotFound(key)
        return base64.b64decode(str(rows[0][0] or ""))

    async def delete(self, namespace: str, key: str) -> None:
        """Remove a value; there may be none.

        Raises:
            InvalidName: The key cannot be one.
            RqliteError: The database cannot take it.
        """
        await self._client.execute(Statement(_DELETE, (self._inner(namespace, key),)))

    async def exists(self, namespace: str, key: str) -> bool:
        """Tell whether there is a value.

        Raises:
            InvalidName: The key cannot be one.
            RqliteError: The database cannot answer.
        """
        return bool(await self._rows(_EXISTS, (self._inner(namespace, key),)))

    async def list(self, namespace: str, prefix: str, limit: int, after: str = "") -> Page:
        """Return up to `limit` keys that start with `prefix` and come after the key `after`.

        Raises:
            InvalidName: The prefix cannot start a key.
            RqliteError: The database cannot answer.
        """
        self._check_ready()
        names.check_prefix(prefix, self._max_key)
        first = names.inner_key(namespace, prefix)
        rows = await self._rows(_LIST, (first, names.inner_key(namespace, after), successor(first), limit + 1))
        scope = names.scope(namespace)
        keys = [str(row[0]).removeprefix(scope) for row in rows[:limit]]
        return Page(keys, keys[-1] if len(rows) > limit else None)

    async def _rows(self, sql: str, args: Sequence[Value]) -> Sequence[Sequence[object]]:
        return (await self._client.query(Statement(sql, args))).values

    def _inner(self, namespace: str, key: str) -> str:
        self._check_ready()
        return names.inner_key(namespace, names.check_key(key, self._max_key))

    def _check_ready(self) -> None:
        if not self._ready():
            raise NotReady


def successor(prefix: str) -> str:
    """Return the smallest text greater than every text that starts with `prefix`, an inner name.

    SQLite compares UTF-8 bytes, and UTF-8 keeps the order of code points, so the last one is raised by one;
    surrogates are no characters and are skipped. The last code point of all has no next one: then the one before it
    is raised, and since every inner name starts with a scope there is always one.
    """
    stem = prefix.rstrip(chr(_LAST_CODE_POINT))
    point = ord(stem[-1]) + 1
    return stem[:-1] + chr(_SURROGATES.stop if point in _SURROGATES else point)
