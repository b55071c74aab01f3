"""Sessions: families of refresh tokens, of which one at a time is good.

Every exchange gives a new token and spends the old one. A spent token that comes again means that two parties hold
the family, and nobody can tell which of them is the thief: the family ends. One exception, because answers get lost:
within a minute, and as long as nobody has used its successor, a spent token is exchanged once more, and that
successor is then spent as well.
"""

from dataclasses import dataclass

from debros.clock import Clock, now_ms
from debros.gateway.auth import made
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.gateway.auth.changes import announcing
from debros.gateway.auth.owners import OWNS
from debros.gateway.auth.refusals import invalid_refresh_token, not_owner
from debros.gateway.auth.server_key import Digests
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement, Value

GRACE = 60_000  # milliseconds
_KIND = "refresh_token"
_OPEN = "INSERT INTO _gw_sessions (id, namespace, wallet, created_at, expires_at) SELECT ?, ?, ?, ?, ? WHERE "
_ADD = "INSERT INTO _gw_refresh_tokens (hash, session, parent, created_at, expires_at) SELECT ?, ?, ?, ?, ? WHERE "
_FIND = (
    "SELECT s.id, s.namespace, s.wallet, s.revoked_at, t.expires_at FROM _gw_refresh_tokens AS t"
    " JOIN _gw_sessions AS s ON s.id = t.session WHERE t.hash = ?"
)
_GOOD = (
    "EXISTS (SELECT 1 FROM _gw_sessions AS s JOIN _gw_owners AS o ON o.namespace = s.namespace AND o.wallet = s.wallet"
    " WHERE s.id = _gw_refresh_tokens.session AND s.revoked_at IS NULL)"
)
_USE = (
    "UPDATE _gw_refresh_tokens SET used_at = ?, attempt = ? WHERE hash = ? AND used_at IS NULL AND expires_at > ? AND "
)
_RETRY = (
    "UPDATE _gw_refresh_tokens SET retried_at = ?, attempt = ?"
    " WHERE hash = ? AND used_at >= ? AND retried_at IS NULL AND attempt <> ? AND expires_at > ?"
    " AND NOT EXISTS (SELECT 1 FROM _gw_refresh_tokens AS c WHERE c.parent = ? AND c.used_at IS NOT NULL)"
    " AND "
)
_MINE = "EXISTS (SELECT 1 FROM _gw_refresh_tokens WHERE hash = ? AND attempt = ?)"
_SPEND_SUCCESSOR = "UPDATE _gw_refresh_tokens SET used_at = ?, retried_at = ? WHERE parent = ? AND used_at IS NULL AND "
_PROLONG = "UPDATE _gw_sessions SET expires_at = max(expires_at, ?) WHERE id = ? AND "
_END_REUSED = (
    "UPDATE _gw_sessions SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at IS NULL AND EXISTS"
    " (SELECT 1 FROM _gw_refresh_tokens WHERE hash = ? AND used_at IS NOT NULL AND attempt IS NOT ?)"
)
_ENDED = "EXISTS (SELECT 1 FROM _gw_sessions WHERE id = ? AND revoked_by = ?)"
_END = (
    "UPDATE _gw_sessions SET revoked_at = ?, revoked_by = ? WHERE id = ? AND namespace = ? AND wallet = ?"
    " AND revoked_at IS NULL AND expires_at > ?"
)
_END_ALL = (
    "UPDATE _gw_sessions SET revoked_at = ?, revoked_by = ? WHERE wallet = ? AND namespace = ? AND revoked_at IS NULL"
    " AND expires_at > ?"
)
_ANNOUNCE_ALL = (
    "INSERT INTO _gw_changes (kind, subject, at) SELECT 'session', id, ? FROM _gw_sessions"
    " WHERE wallet = ? AND namespace = ? AND revoked_by = ?"
)


@dataclass(frozen=True, slots=True)
class Session:
    """A session and its newest refresh token."""

    id: str
    namespace: str
    wallet: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A session to be, and the statements that make it."""

    session: Session
    statements: list[Statement]


@dataclass(frozen=True, slots=True)
class _Found:
    id: str
    namespace: str
    wallet: str
    revoked: bool
    expires_at: int


class Sessions:
    """Opens, prolongs and ends sessions.

    Args:
        client: The database.
        digests: Under which refresh tokens are kept.
        audit: Where it is recorded.
        lifetime: Milliseconds a refresh token is good.
        longest_access: Milliseconds an access token can be good; a session's row outlives it.
        clock: Milliseconds since 1970.
    """

    def __init__(
        self,
        client: RqliteClient,
        digests: Digests,
        audit: Audit,
        *,
        lifetime: int,
        longest_access: int,
        clock: Clock = now_ms,
    ) -> None:
        self._client = client
        self._digests = digests
        self._audit = audit
        self._lifetime = lifetime
        self._kept = max(lifetime, longest_access)
        self._clock = clock

    def open(self, namespace: str, wallet: str, guard: str, args: tuple[Value, ...]) -> Opening:
        """Return a new session, made if `guard` holds in the transaction."""
        now, identity, token = self._clock(), made.identifier("ses"), made.refresh_token()
        digest = self._digests.of(_KIND, token)
        return Opening(
            Session(identity, namespace, wallet, token),
            [
                Statement(_OPEN + guard, (identity, namespace, wallet, now, now + self._kept, *args)),
                Statement(_ADD + guard, (digest, identity, "", now, now + self._lifetime, *args)),
            ],
        )

    async def refresh(self, token: str, namespace: str | None, caller: Caller) -> Session:
        """Exchange a refresh token for a new one.

        Args:
            token: The old one.
            namespace: Where its owner believes it belongs; None: wherever.
            caller: Who asks.

        Raises:
            Denied: 401 when the token is not good (and 403 when the wallet owns the namespace no longer). A used one
                has ended its family.
            RqliteError: The database cannot take it.
        """
        digest = self._digests.of(_KIND, token)
        found = await self._find(digest)
        if found is None:
            raise invalid_refresh_token()
        if namespace is not None and namespace != found.namespace:
            raise not_owner(namespace, found.wallet, found.id)
        now, attempt, ending = self._clock(), made.identifier("try"), made.identifier("end")
        new = made.refresh_token()
        mine = (digest, attempt)
        entry = Entry("refresh", "granted", found.namespace, found.wallet, found.id)
        reused = Entry("refresh_reuse", "denied", found.namespace, found.wallet, found.id, "the session was ended")
        results = await self._client.transaction(
            [
                Statement(_USE + _GOOD, (now, attempt, digest, now)),
                Statement(_RETRY + _GOOD, (now, attempt, digest, now - GRACE, attempt, now, digest)),
                Statement(_SPEND_SUCCESSOR + _MINE, (now, now, digest, *mine)),
                Statement(
                    _ADD + _MINE, (self._digests.of(_KIND, new), found.id, digest, now, now + self._lifetime, *mine)
                ),
                Statement(_PROLONG + _MINE, (now + self._kept, found.id, *mine)),
                self._audit.statement(entry, caller, _MINE, mine),
                Statement(_END_REUSED, (now, ending, found.id, digest, attempt)),
                announcing("session", found.id, now, _ENDED, (found.id, ending)),
                self._audit.statement(reused, caller, _ENDED, (found.id, ending)),
            ]
        )
        if results[3].rows_affected == 1:
            self._audit.announce(entry, caller)
            return Session(found.id, found.namespace, found.wallet, new)
        if results[6].rows_affected == 1:
            self._audit.announce(reused, caller)
            raise invalid_refresh_token(found.namespace, found.wallet)
        raise await self._refusal(found)

    async def end(self, identity: str, namespace: str, wallet: str, caller: Caller) -> int:
        """End one session of a wallet in a namespace; return how many were ended (1, or 0 when it is not open).

        Raises:
            RqliteError: The database cannot take it.
        """
        now, ending = self._clock(), made.identifier("end")
        entry = Entry("logout", "granted", namespace, wallet, identity)
        results = await self._client.transaction(
            [
                Statement(_END, (now, ending, identity, namespace, wallet, now)),
                announcing("session", identity, now, _ENDED, (identity, ending)),
                self._audit.statement(entry, caller, _ENDED, (identity, ending)),
            ]
        )
        if results[0].rows_affected:
            self._audit.announce(entry, caller)
        return results[0].rows_affected

    async def end_all(self, namespace: str, wallet: str, caller: Caller) -> int:
        """End every session of a wallet in a namespace; return how many.

        Raises:
            RqliteError: The database cannot take it.
        """
        now, ending = self._clock(), made.identifier("end")
        entry = Entry("logout_all", "granted", namespace, wallet)
        results = await self._client.transaction(
            [
                Statement(_END_ALL, (now, ending, wallet, namespace, now)),
                Statement(_ANNOUNCE_ALL, (now, wallet, namespace, ending)),
                self._audit.statement(entry, caller),
            ]
        )
        self._audit.announce(entry, caller)
        return results[0].rows_affected

    async def of_token(self, token: str) -> Session | None:
        """Return the session of a refresh token, good or not; None when there is none.

        Raises:
            RqliteError: The database cannot answer.
        """
        found = await self._find(self._digests.of(_KIND, token))
        return Session(found.id, found.namespace, found.wallet, token) if found else None

    async def _find(self, digest: str) -> _Found | None:
        rows = (await self._client.query(Statement(_FIND, (digest,)))).values
        if not rows:
            return None
        identity, namespace, wallet, revoked_at, expires_at = rows[0]
        return _Found(str(identity), str(namespace), str(wallet), revoked_at is not None, int(expires_at))

    async def _refusal(self, found: _Found) -> Exception:
        """Return why nothing was exchanged, after a look at what there is now."""
        owns = await self._client.query(Statement(f"SELECT 1 WHERE {OWNS}", (found.namespace, found.wallet)))
        if not found.revoked and not owns.values:
            return not_owner(found.namespace, found.wallet, found.id)
        return invalid_refresh_token(found.namespace, found.wallet)
