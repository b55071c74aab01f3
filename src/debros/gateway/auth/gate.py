"""Whether this gateway can judge credentials: its tables are there, and its server key is the cluster's."""

import asyncio

from debros import logs
from debros.gateway.auth import server_key
from debros.gateway.auth.refusals import server_key_differs, starting
from debros.gateway.auth.server_key import Digests
from debros.gateway.preparation import Preparation
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import RqliteError
from debros.rqlite.types import Statement

_log = logs.get("debros.gateway.auth")
_PAUSE = 0.05  # seconds between two looks while starting
_PAUSE_DIFFERENT = 5.0  # seconds between two looks while the key is another one
# Seconds a request waits for a gateway that starts: a restart should refuse nobody.
_PATIENCE = 3.0
_FINGERPRINT, _VALUE = "server_key", "server_key_value"
_FIRST = "INSERT OR IGNORE INTO _gw_auth_meta (name, value) VALUES (?, ?)"
# Gateways without a file: the first one's key, unless there are gateways with a file.
_FIRST_SHARED = "INSERT INTO _gw_auth_meta (name, value) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM _gw_auth_meta)"
_ITS_FINGERPRINT = (
    "INSERT OR IGNORE INTO _gw_auth_meta (name, value) SELECT ?, ? WHERE EXISTS"
    " (SELECT 1 FROM _gw_auth_meta WHERE name = ? AND value = ?)"
)
_ALL = Statement("SELECT name, value FROM _gw_auth_meta")


class Gate:
    """Says no while the gateway cannot judge.

    Attributes:
        problem: Why it cannot for longer, for /health; empty when it can, or soon will.
    """

    def __init__(self, client: RqliteClient, preparation: Preparation, digests: Digests) -> None:
        self._client = client
        self._preparation = preparation
        self._digests = digests
        self._from_file = digests.key is not None
        self._confirmed = asyncio.Event()
        self._opened = asyncio.Event()
        self.problem = ""

    def prepared(self) -> bool:
        """Tell whether the tables are there."""
        return self._opened.is_set()

    async def opened(self) -> None:
        """Return when the tables are there."""
        await self._opened.wait()

    async def tables(self) -> None:
        """Pass when the tables are there; a gateway that has just started lets its first callers wait a moment.

        Raises:
            Problem: 503; they are not yet.
        """
        if not self._opened.is_set():
            await soon(self._opened)

    async def key(self) -> None:
        """Pass when the tables are there and the server key is the cluster's.

        Raises:
            Problem: 503; not yet, or it is another one.
        """
        if self._confirmed.is_set():
            return
        if self.problem:
            raise server_key_differs()
        await soon(self._confirmed)

    async def confirm(self) -> None:
        """Wait for the tables, then until the key is the cluster's; the first gateway's key is."""
        while True:
            if self._preparation.done:
                self._opened.set()
                try:
                    await self._compare()
                except RqliteError as error:
                    _log.info("waiting for the database", reason=type(error).__name__)
                else:
                    if self._confirmed.is_set():
                        return
            await asyncio.sleep(_PAUSE_DIFFERENT if self.problem else _PAUSE)

    async def _compare(self) -> None:
        if self._from_file and self._digests.key is not None:
            await self._client.execute(Statement(_FIRST, (_FINGERPRINT, server_key.fingerprint(self._digests.key))))
        else:
            mine = server_key.new()
            args = (_FINGERPRINT, server_key.fingerprint(mine.encode()), _VALUE, mine)
            await self._client.transaction(
                [Statement(_FIRST_SHARED, (_VALUE, mine)), Statement(_ITS_FINGERPRINT, args)]
            )
        known = {str(name): str(value) for name, value in (await self._client.query(_ALL)).values}
        if not self._from_file and _VALUE in known:
            self._digests.key = known[_VALUE].encode()
        key = self._digests.key
        if key is not None and server_key.fingerprint(key) == known.get(_FINGERPRINT):
            self._confirmed.set()
            self.problem = ""
        elif not self.problem:
            self.problem = "the server key is not the cluster's"
            _log.error(
                "the server key is not the cluster's, so API keys and refresh tokens cannot be recognised here; give "
                "this gateway the file auth.server_key_file of the others and restart it (docs/auth.md)",
                here=server_key.fingerprint(key) if key else "none",
                cluster=known.get(_FINGERPRINT, "none"),
            )


async def soon(event: asyncio.Event) -> None:
    """Wait for something that a starting gateway is about to do.

    Raises:
        Problem: 503; it did not happen soon.
    """
    try:
        async with asyncio.timeout(_PATIENCE):
            await event.wait()
    except TimeoutError:
        raise starting() from None
