"""Tickets: a browser cannot give a WebSocket headers, and a key in a URL ends up in logs; a ticket is good once."""

import msgspec

from debros.clock import Clock, now_ms
from debros.gateway.auth import made
from debros.gateway.auth.principal import Principal
from debros.gateway.auth.server_key import Digests
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement

LIFETIME = 30  # seconds
_KIND = "ticket"
_SAVE = "INSERT INTO _gw_tickets (hash, principal, expires_at) VALUES (?, ?, ?)"
_FIND = "SELECT principal FROM _gw_tickets WHERE hash = ? AND expires_at > ?"
_SPEND = "DELETE FROM _gw_tickets WHERE hash = ? AND expires_at > ?"
_LONGEST = 100
_decoder = msgspec.json.Decoder(Principal)


class Tickets:
    """Makes and spends tickets."""

    def __init__(self, client: RqliteClient, digests: Digests, clock: Clock = now_ms) -> None:
        self._client = client
        self._digests = digests
        self._clock = clock

    async def make(self, principal: Principal) -> str:
        """Return a ticket that stands for a caller.

        Raises:
            RqliteError: The database cannot take it.
        """
        ticket = made.ticket()
        row = (
            self._digests.of(_KIND, ticket),
            msgspec.json.encode(principal).decode(),
            self._clock() + LIFETIME * 1000,
        )
        await self._client.execute(Statement(_SAVE, row))
        return ticket

    async def spend(self, ticket: str) -> Principal | None:
        """Return for whom a ticket stands, once; None when it is not, or no longer, good.

        Raises:
            RqliteError: The database cannot answer.
        """
        if not ticket.startswith("wt_") or len(ticket) > _LONGEST:
            return None
        args = (self._digests.of(_KIND, ticket), self._clock())
        rows = (await self._client.query(Statement(_FIND, args))).values
        if not rows or not (await self._client.execute(Statement(_SPEND, args))).rows_affected:
            return None
        return _decoder.decode(str(rows[0][0]))
