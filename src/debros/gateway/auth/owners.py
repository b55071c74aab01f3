"""To whom a namespace belongs: the first wallet that signs in to it, and whom its owners add."""

from collections.abc import Collection
from dataclasses import dataclass

from debros.clock import Clock, iso, now_ms
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.gateway.auth.challenges import Spending
from debros.gateway.auth.changes import announcing
from debros.gateway.auth.facts import owner
from debros.gateway.auth.principal import Principal
from debros.gateway.auth.wallets import Wallet
from debros.gateway.errors import Problem
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement

_NAMESPACE = "INSERT OR IGNORE INTO _gw_namespaces (name, created_at) SELECT ?, ? WHERE "
_CLAIM = (
    "INSERT INTO _gw_owners (namespace, wallet, added_by, added_at) SELECT ?, ?, ?, ?"
    " WHERE NOT EXISTS (SELECT 1 FROM _gw_owners WHERE namespace = ?) AND "
)
OWNS = "EXISTS (SELECT 1 FROM _gw_owners WHERE namespace = ? AND wallet = ?)"
_LIST = "SELECT wallet, added_by, added_at FROM _gw_owners WHERE namespace = ? ORDER BY added_at, wallet"
_ADD = "INSERT OR IGNORE INTO _gw_owners (namespace, wallet, added_by, added_at) VALUES (?, ?, ?, ?)"
# A namespace with data must not become nobody's, or the next stranger who signs in would own it.
_REMOVE = (
    "DELETE FROM _gw_owners WHERE namespace = ? AND wallet = ?"
    " AND (SELECT COUNT(*) FROM _gw_owners WHERE namespace = ?) > 1"
)
_MOST = 100


@dataclass(frozen=True, slots=True)
class Owner:
    """One owner of a namespace."""

    wallet: str
    added_by: str
    added_at: str


class Owners:
    """Reads and changes who owns a namespace.

    Args:
        client: The database.
        audit: Where it is recorded.
        reserved: Namespaces that nobody gets by being first.
        clock: Milliseconds since 1970.
    """

    def __init__(self, client: RqliteClient, audit: Audit, *, reserved: Collection[str], clock: Clock = now_ms) -> None:
        self._client = client
        self._audit = audit
        self._reserved = frozenset(reserved)
        self._clock = clock

    def claim(self, namespace: str, wallet: Wallet, spending: Spending) -> list[Statement]:
        """Return the statements that give a namespace without an owner to a wallet that has just proved itself."""
        if namespace in self._reserved:
            return []
        now, address = self._clock(), wallet.address
        return [
            Statement(_NAMESPACE + spending.guard, (namespace, now, *spending.args)),
            Statement(_CLAIM + spending.guard, (namespace, address, address, now, namespace, *spending.args)),
        ]

    async def list(self, namespace: str) -> list[Owner]:
        """Return the owners, the first one first.

        Raises:
            RqliteError: The database cannot answer.
        """
        rows = (await self._client.query(Statement(_LIST, (namespace,)))).values
        return [Owner(str(row[0]), str(row[1]), iso(int(row[2]))) for row in rows]

    async def add(self, by: Principal, wallet: Wallet, caller: Caller) -> bool:
        """Add an owner; return False when it was one already.

        Raises:
            Problem: 409; there are too many.
            RqliteError: The database cannot take it.
        """
        if len(await self.list(by.namespace)) >= _MOST:
            raise Problem(409, "too_many_owners", f"a namespace has at most {_MOST} owners; remove one first")
        now = self._clock()
        entry = Entry("owner_add", "granted", by.namespace, by.subject, by.key_id, wallet.address)
        results = await self._client.transaction(
            [
                Statement(_NAMESPACE + "1", (by.namespace, now)),
                Statement(_ADD, (by.namespace, wallet.address, by.subject, now)),
                self._audit.statement(entry, caller),
            ]
        )
        self._audit.announce(entry, caller)
        return results[1].rows_affected == 1

    async def remove(self, by: Principal, wallet: Wallet, caller: Caller) -> bool:
        """Remove an owner; return False when it was none.

        Raises:
            Problem: 409; it is the last one.
            RqliteError: The database cannot take it.
        """
        now, namespace = self._clock(), by.namespace
        entry = Entry("owner_remove", "granted", namespace, by.subject, by.key_id, wallet.address)
        gone = f"NOT {OWNS}"
        pair = (namespace, wallet.address)
        results = await self._client.transaction(
            [
                Statement(_REMOVE, (*pair, namespace)),
                announcing("owner", owner(*pair).subject, now, gone, pair),
                self._audit.statement(entry, caller, gone, pair),
            ]
        )
        if results[0].rows_affected == 1:
            self._audit.announce(entry, caller)
            return True
        if any(one.wallet == wallet.address for one in await self.list(namespace)):
            raise Problem(409, "last_owner", "this is the namespace's last owner; add another one before you remove it")
        return False
