"""Key-value pairs of a namespace, kept in one table of the replicated database.

Values are BLOBs. They travel to rqlite as hex text and `unhex(?)`, because not every rqlite takes BLOB parameters,
and come back as base64.
"""

import base64
import secrets
from collections.abc import Callable
from typing import NamedTuple

from debros.clock import Clock, now_ms
from debros.rqlite.client import RqliteClient
from debros.rqlite.writes import Departure, Writes
from debros.tenants import names
from debros.tenants.capacity import Capacity
from debros.tenants.errors import ConditionFailed, KeyNotFound, NotReady, TooMuch
from debros.tenants.idempotency import Claim
from debros.tenants.storage import statements
from debros.tenants.storage.conditions import ALWAYS, Conditions

_VERSION_BYTES = 12  # random ones: nobody ever sees the same version of a key twice
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class Page(NamedTuple):
    """Keys in order of their UTF-8 bytes; `last` is where the next page continues, None at the end."""

    keys: list[str]
    last: str | None


class Written(NamedTuple):
    """What a put has made: the version, and when it is over in milliseconds since 1970 (None: never)."""

    version: str
    expires_at: int | None


class Stored(NamedTuple):
    """A value; `value` is None when its version is one that the caller has already.

    Attributes:
        value: The bytes.
        content_type: As it was sent; empty when nothing was said.
        version: Another one after every put.
        expires_at: When it is over, milliseconds since 1970; None: never.
    """

    value: bytes | None
    content_type: str
    version: str
    expires_at: int | None


class Storage:
    """Values by key; every method takes the namespace first.

    Args:
        client: The database.
        writes: The way of single writes to it.
        max_key_bytes: Longest key, in UTF-8.
        max_value_bytes: Longest value.
        ready: Whether the gateway's own tables are there.
        capacity: How much room there is.
        clock: What tells whether a value is over.
    """

    def __init__(
        self,
        client: RqliteClient,
        writes: Writes,
        *,
        max_key_bytes: int,
        max_value_bytes: int,
        ready: Callable[[], bool],
        capacity: Capacity,
        clock: Clock = now_ms,
    ) -> None:
        self._client = client
        self._writes = writes
        self._max_key = max_key_bytes
        self._max_value = max_value_bytes
        self._ready = ready
        self._capacity = capacity
        self._clock = clock

    async def put(
        self,
        namespace: str,
        key: str,
        value: bytes,
        *,
        content_type: str = "",
        ttl: int | None = None,
        conditions: Conditions = ALWAYS,
        departure: Departure | None = None,
        claim: Claim | None = None,
    ) -> Written:
        """Store a value, replacing the one there was with everything that belonged to it.

        Args:
            namespace: Whose.
            key: Under which key.
            value: The bytes.
            content_type: Empty for none.
            ttl: Milliseconds from now after which it is over; None: never.
            conditions: What must be true of the value that is there.
            departure: Who says that the caller has gone away; None when nobody does.
            claim: The idempotency key that is claimed together with the write.

        Raises:
            KeyTaken, KeysFull: The idempotency key cannot be claimed; nothing was changed.
            InvalidName: The key cannot be one.
            TooMuch: The value is larger than allowed.
            DatabaseFull: There is no room.
            ConditionFailed: A condition does not hold; nothing was changed.
            Busy: Too many writes wait, or this one has waited too long; nothing was changed.
            CallerGone: The caller went away while the write waited; nothing was changed.
            RqliteError: The database cannot take it.
        """
        inner = self._inner(namespace, key)
        if len(value) > self._max_value:
            raise TooMuch(
                "value_too_large", f"the value is {len(value)} bytes long; at most {self._max_value} are allowed"
            )
        self._capacity.check()
        now = self._clock()
        made = Written(secrets.token_urlsafe(_VERSION_BYTES), None if ttl is None else now + ttl)
        entry = statements.Entry(inner, value, content_type, made.version, made.expires_at)
        write = statements.put(entry, conditions, now)
        if claim is None:
            result = await self._writes.execute(namespace, write, departure)
        else:
            claim.expect(made)
            refused = claim.refuse(ConditionFailed(key), when_changed=False)
            (result,) = await claim.transaction(self._client, [write], [refused])
        if not result.rows_affected:
            raise ConditionFailed(key)
        return made

    async def get(self, namespace: str, key: str, conditions: Conditions = ALWAYS) -> Stored:
        """Return a value; without its bytes when `conditions.none_match` names its version.

        Raises:
            InvalidName: The key cannot be one.
            KeyNotFound: There is none.
            ConditionFailed: `conditions.match` does not name its version.
            RqliteError: The database cannot answer.
        """
        question = statements.get(self._inner(namespace, key), conditions, self._clock())
        rows = (await self._client.query(question)).values
        if not rows:
            raise KeyNotFound(key)
        version, content_type, expires_at, value = rows[0]
        if conditions.match is not None and not conditions.match.holds(version):
            raise ConditionFailed(key)
        known = conditions.none_match is not None and conditions.none_match.holds(version)
        return Stored(None if known else base64.b64decode(value or ""), content_type, version, expires_at)

    async def delete(
        self,
        namespace: str,
        key: str,
        conditions: Conditions = ALWAYS,
        departure: Departure | None = None,
        claim: Claim | None = None,
    ) -> None:
        """Remove a value; there may be none.

        Args:
            namespace: Whose.
            key: Under which key.
            conditions: What must be true of the value that is there.
            departure: Who says that the caller has gone away; None when nobody does.
            claim: The idempotency key that is claimed together with the deletion.

        Raises:
            KeyTaken, KeysFull: The idempotency key cannot be claimed; nothing was changed.
            InvalidName: The key cannot be one.
            ConditionFailed: A condition does not hold; nothing was changed.
            Busy: Too many writes wait, or this one has waited too long; nothing was changed.
            CallerGone: The caller went away while the write waited; nothing was changed.
            RqliteError: The database cannot take it.
        """
        inner, now = self._inner(namespace, key), self._clock()
        deletion = statements.delete(inner, conditions, now)
        if conditions.match is None and conditions.none_match is not None:
            kept = statements.kept(inner, conditions, now)
            if claim is None:
                first, _ = await self._client.transaction([kept, deletion])
            else:
                refused = claim.refuse(ConditionFailed(key), when_changed=True)
                first, *_ = await claim.transaction(self._client, [kept, refused, deletion])
            failed = bool(first.rows_affected)
        else:
            must = conditions.match is not None
            if claim is None:
                gone = await self._writes.execute(namespace, deletion, departure)
            else:
                refusal = [claim.refuse(ConditionFailed(key), when_changed=False)] if must else []
                (gone,) = await claim.transaction(self._client, [deletion], refusal)
            failed = must and not gone.rows_affected
        if failed:
            raise ConditionFailed(key)

    async def exists(self, namespace: str, key: str) -> bool:
        """Tell whether there is a value.

        Raises:
            InvalidName: The key cannot be one.
            RqliteError: The database cannot answer.
        """
        question = statements.exists(self._inner(namespace, key), self._clock())
        return bool((await self._client.query(question)).values)

    async def list(self, namespace: str, prefix: str, limit: int, after: str = "") -> Page:
        """Return up to `limit` keys that start with `prefix` and come after the key `after`.

        A key that is there all the time is in exactly one page, whatever happens to the others meanwhile.

        Raises:
            InvalidName: The prefix cannot start a key.
            RqliteError: The database cannot answer.
        """
        self._check_ready()
        names.check_prefix(prefix, self._max_key)
        first = names.inner_key(namespace, prefix)
        question = statements.keys(first, names.inner_key(namespace, after), successor(first), limit + 1, self._clock())
        rows = (await self._client.query(question)).values
        scope = names.scope(namespace)
        keys = [str(row[0]).removeprefix(scope) for row in rows[:limit]]
        return Page(keys, keys[-1] if len(rows) > limit else None)

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
