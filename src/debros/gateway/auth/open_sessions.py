"""The sessions of a wallet that are open: where it is signed in, without anything secret."""

from typing import TypedDict

from debros.clock import Clock, iso, now_ms
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement

_LIST = (
    "SELECT s.id, s.created_at, s.expires_at,"
    " (SELECT max(t.created_at) FROM _gw_refresh_tokens AS t WHERE t.session = s.id)"
    " FROM _gw_sessions AS s WHERE s.wallet = ? AND s.namespace = ? AND s.revoked_at IS NULL AND s.expires_at > ?"
    " ORDER BY s.created_at DESC, s.id LIMIT 1000"
)


class OpenSession(TypedDict):
    """A session; times are RFC 3339.

    `renewed_at` is when its refresh token was exchanged last, null before the first time; `expires_at` when it ends
    unless it is renewed again; `current` is the one of the access token that asks.
    """

    id: str
    created_at: str
    renewed_at: str | None
    expires_at: str
    current: bool


class OpenSessions:
    """Lists them; `Sessions` opens and ends them."""

    def __init__(self, client: RqliteClient, clock: Clock = now_ms) -> None:
        self._client = client
        self._clock = clock

    async def list(self, namespace: str, wallet: str, current: str) -> list[OpenSession]:
        """Return a wallet's open sessions in a namespace, the newest first.

        Args:
            namespace: Where.
            wallet: Whose.
            current: Id of the session that asks.

        Raises:
            RqliteError: The database cannot answer.
        """
        rows = (await self._client.query(Statement(_LIST, (wallet, namespace, self._clock())))).values
        return [
            {
                "id": str(identity),
                "created_at": iso(int(created)),
                "renewed_at": iso(int(renewed)) if renewed is not None and renewed != created else None,
                "expires_at": iso(int(expires)),
                "current": identity == current,
            }
            for identity, created, expires, renewed in rows
        ]
