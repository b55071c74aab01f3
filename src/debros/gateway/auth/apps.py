"""Apps registered in a namespace: a name and a public key under an id."""

from dataclasses import dataclass

from debros.clock import Clock, iso, now_ms
from debros.gateway.auth import made
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.gateway.auth.principal import Principal
from debros.gateway.errors import Problem
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement, Value
from debros.tenants.idempotency import Claim

_COLUMNS = "id, name, public_key, namespace, wallet, created_at, updated_at"
_INSERT = f"INSERT INTO _gw_apps ({_COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ? WHERE "
_LIST = f"SELECT {_COLUMNS} FROM _gw_apps WHERE namespace = ? ORDER BY created_at, id LIMIT 1000"  # noqa: S608 - our own columns
_GET = f"SELECT {_COLUMNS} FROM _gw_apps WHERE namespace = ? AND id = ?"  # noqa: S608 - our own columns
_CHANGE = (
    "UPDATE _gw_apps SET name = COALESCE(?, name), public_key = COALESCE(?, public_key), updated_at = ?"
    " WHERE namespace = ? AND id = ?"
)
_DELETE = "DELETE FROM _gw_apps WHERE namespace = ? AND id = ?"
_MOST_SQL = "(SELECT COUNT(*) FROM _gw_apps WHERE namespace = ?) < 1000"


@dataclass(frozen=True, slots=True)
class App:
    """One app."""

    app_id: str
    name: str
    public_key: str
    namespace: str
    wallet: str
    created_at: str
    updated_at: str


class Apps:
    """The apps of every namespace; each method stays in the caller's."""

    def __init__(self, client: RqliteClient, audit: Audit, clock: Clock = now_ms) -> None:
        self._client = client
        self._audit = audit
        self._clock = clock

    def new(
        self, namespace: str, wallet: str, *, name: str, public_key: str, guard: str, args: tuple[Value, ...]
    ) -> tuple[App, Statement]:
        """Return a new app, and the statement that keeps it if `guard` holds in the transaction."""
        now, identity = self._clock(), made.identifier("app")
        app = App(identity, name or identity, public_key, namespace, wallet, iso(now), iso(now))
        row = (identity, app.name, public_key, namespace, wallet, now, now)
        return app, Statement(_INSERT + guard, (*row, *args))

    async def create(
        self, by: Principal, name: str, public_key: str, caller: Caller, claim: Claim | None = None
    ) -> App:
        """Make an app, and the claim in the same transaction.

        Raises:
            Problem: 409; the namespace has 1000 already.
            KeyTaken, KeysFull: The claim's key cannot be claimed; nothing was made.
            RqliteError: The database cannot take it.
        """
        app, statement = self.new(
            by.namespace, by.subject, name=name, public_key=public_key, guard=_MOST_SQL, args=(by.namespace,)
        )
        entry = Entry("app_create", "granted", by.namespace, by.subject, by.key_id, app.app_id)
        made_here = "EXISTS (SELECT 1 FROM _gw_apps WHERE id = ?)"
        record, refused = self._audit.statement(entry, caller, made_here, (app.app_id,)), _too_many()
        if claim is None:
            made_app, _ = await self._client.transaction([statement, record])
        else:
            claim.expect(app)
            if_none = claim.refuse(refused, when_changed=False)
            made_app, *_ = await claim.transaction(self._client, [statement, if_none, record])
        if not made_app.rows_affected:
            raise refused
        self._audit.announce(entry, caller)
        return app

    async def list(self, namespace: str) -> list[App]:
        """Return a namespace's apps, the oldest first.

        Raises:
            RqliteError: The database cannot answer.
        """
        return [_app(row) for row in (await self._client.query(Statement(_LIST, (namespace,)))).values]

    async def get(self, namespace: str, identity: str) -> App | None:
        """Return one app, None when the namespace has no such one.

        Raises:
            RqliteError: The database cannot answer.
        """
        rows = (await self._client.query(Statement(_GET, (namespace, identity)))).values
        return _app(rows[0]) if rows else None

    async def change(
        self, by: Principal, identity: str, name: str | None, public_key: str | None, caller: Caller
    ) -> App | None:
        """Give an app another name or key; None leaves it. Returns None when there is no such app.

        Raises:
            RqliteError: The database cannot take it.
        """
        change = Statement(_CHANGE, (name, public_key, self._clock(), by.namespace, identity))
        entry = Entry("app_change", "granted", by.namespace, by.subject, by.key_id, identity)
        return await self.get(by.namespace, identity) if await self._apply(change, entry, caller) else None

    async def delete(self, by: Principal, identity: str, caller: Caller) -> bool:
        """Remove an app; False when there was none.

        Raises:
            RqliteError: The database cannot take it.
        """
        entry = Entry("app_delete", "granted", by.namespace, by.subject, by.key_id, identity)
        return await self._apply(Statement(_DELETE, (by.namespace, identity)), entry, caller)

    async def _apply(self, statement: Statement, entry: Entry, caller: Caller) -> bool:
        # changes() would show the row count of the statement before; it is one connection, and this a transaction.
        results = await self._client.transaction([statement, self._audit.statement(entry, caller, "changes() > 0")])
        if results[0].rows_affected:
            self._audit.announce(entry, caller)
        return bool(results[0].rows_affected)


def _too_many() -> Problem:
    return Problem(409, "too_many_apps", "a namespace has at most 1000 apps; delete one first")


def _app(row: list[Value]) -> App:
    identity, name, public_key, namespace, wallet, created_at, updated_at = row
    return App(
        str(identity), str(name), str(public_key), str(namespace), str(wallet),
        iso(int(created_at or 0)), iso(int(updated_at or 0)),
    )  # fmt: skip
