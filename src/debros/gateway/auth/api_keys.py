"""API keys of wallets, kept as digests: shown once, listed by their beginning, revoked by their id."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypedDict

from debros.clock import Clock, iso, now_ms
from debros.gateway.auth import made
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.gateway.auth.changes import announcing
from debros.gateway.auth.principal import Principal
from debros.gateway.auth.server_key import Digests
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement, Value

KIND = "api_key"
_INSERT = (
    "INSERT INTO _gw_api_keys (id, hash, prefix, name, plan, namespace, wallet, created_at)"
    " SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE "
)
HAS_NONE = "NOT EXISTS (SELECT 1 FROM _gw_api_keys WHERE namespace = ? AND wallet = ? AND revoked_at IS NULL)"
_FIND = "SELECT id, namespace, wallet, created_at, revoked_at FROM _gw_api_keys WHERE hash = ?"
_LIST = (
    "SELECT id, prefix, name, plan, wallet, created_at, last_used_at FROM _gw_api_keys"
    " WHERE namespace = ? AND revoked_at IS NULL ORDER BY created_at, id LIMIT 1000"
)
_REVOKE = "UPDATE _gw_api_keys SET revoked_at = ? WHERE id = ? AND namespace = ? AND revoked_at IS NULL"
_REVOKED_NOW = "EXISTS (SELECT 1 FROM _gw_api_keys WHERE id = ? AND namespace = ? AND revoked_at = ?)"
_USED = "UPDATE _gw_api_keys SET last_used_at = ? WHERE id = ? AND COALESCE(last_used_at, 0) < ?"
_MOST = 20_000
_MOST_USES = 500  # keys whose use one request records
_USE_EVERY = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment it is known: the statement that keeps it, and the key itself."""

    id: str
    key: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What never changes about a key."""

    id: str
    namespace: str
    wallet: str
    created_at: int


class ListedKey(TypedDict):
    """An API key without anything secret; times are RFC 3339, `last_used_at` null until it was used."""

    id: str
    prefix: str
    name: str
    plan: str
    wallet: str
    created_at: str
    last_used_at: str | None


class ApiKeys:
    """The keys of the database."""

    def __init__(self, client: RqliteClient, digests: Digests, audit: Audit, clock: Clock = now_ms) -> None:
        self._client = client
        self._digests = digests
        self._audit = audit
        self._clock = clock
        self._found: OrderedDict[str, KeyRecord] = OrderedDict()
        self._used: dict[str, int] = {}
        self._recorded_at = time.monotonic()

    def new(self, namespace: str, wallet: str, *, name: str, plan: str, guard: str, args: tuple[Value, ...]) -> NewKey:
        """Return a new key, and the statement that keeps its digest if `guard` holds in the transaction."""
        key, identity = made.api_key(namespace), made.identifier("key")
        row = (
            identity, self._digests.of(KIND, key), made.api_key_prefix(key), name, plan, namespace, wallet,
            self._clock(),
        )  # fmt: skip
        return NewKey(identity, key, Statement(_INSERT + guard, (*row, *args)))

    async def find(self, key: str) -> KeyRecord | None:
        """Return a key's record, also of a revoked one that was seen before it was; None when there is none.

        Raises:
            RqliteError: The database cannot answer.
        """
        if not made.is_api_key(key):
            return None
        digest = self._digests.of(KIND, key)
        record = self._found.get(digest)
        if record is None:
            rows = (await self._client.query(Statement(_FIND, (digest,)))).values
            if not rows or rows[0][4] is not None:
                return None
            identity, namespace, wallet, created_at, _ = rows[0]
            record = KeyRecord(str(identity), str(namespace), str(wallet), int(created_at))
            self._found[digest] = record
            if len(self._found) > _MOST:
                self._found.popitem(last=False)
        return record

    def remembers(self, key: str) -> bool:
        """Tell whether this key was found lately."""
        if self._digests.key is None or not made.is_api_key(key):
            return False
        return self._digests.of(KIND, key) in self._found

    def used(self, identity: str) -> None:
        """Note that a key was used now; the table learns of it within a minute."""
        self._used[identity] = self._clock()

    async def record_uses(self, *, now: bool = False) -> None:
        """Write when keys were last used, at most once a minute, or `now`.

        Raises:
            RqliteError: The database does not take it; it is tried again.
        """
        if not now and time.monotonic() - self._recorded_at < _USE_EVERY:
            return
        batch = dict(list(self._used.items())[:_MOST_USES])
        if batch:
            await self._client.execute_many([Statement(_USED, (at, key, at)) for key, at in batch.items()])
        self._used = {key: at for key, at in self._used.items() if batch.get(key) != at}
        self._recorded_at = time.monotonic()

    async def list(self, namespace: str) -> list[ListedKey]:
        """Return the good keys of a namespace, without anything secret.

        Raises:
            RqliteError: The database cannot answer.
        """
        rows = (await self._client.query(Statement(_LIST, (namespace,)))).values
        return [
            {
                "id": str(identity),
                "prefix": str(prefix),
                "name": str(name),
                "plan": str(plan),
                "wallet": str(wallet),
                "created_at": iso(int(created_at)),
                "last_used_at": None if used is None else iso(int(used)),
            }
            for identity, prefix, name, plan, wallet, created_at, used in rows
        ]

    async def revoke(self, by: Principal, identity: str, caller: Caller) -> bool:
        """Revoke a key of the caller's namespace; return False when there is no such good one.

        Raises:
            RqliteError: The database cannot take it.
        """
        now = self._clock()
        entry = Entry("api_key_revoke", "granted", by.namespace, by.subject, by.key_id, identity)
        args = (identity, by.namespace, now)
        results = await self._client.transaction(
            [
                Statement(_REVOKE, (now, identity, by.namespace)),
                announcing("key", identity, now, _REVOKED_NOW, args),
                self._audit.statement(entry, caller, _REVOKED_NOW, args),
            ]
        )
        if results[0].rows_affected != 1:
            return False
        self._audit.announce(entry, caller)
        return True
