"""A gateway without a node tells the cluster's nodes which peer it is, through the database that they share.

Over libp2p nobody can tell its daemon from a stranger's; but only a gateway of the cluster can write to the database.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Final

from debros import logs
from debros.clock import Clock, now_ms
from debros.enrol import clients
from debros.p2p.client import P2PClient, RelayUnavailable
from debros.p2p.protocol import P2PError
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import RqliteError
from debros.rqlite.types import Statement

_log = logs.get("debros.gateway")

# Seconds between two entries, on average: several go amiss before the nodes forget.
PERIOD: Final = 3600.0
# Seconds until the next attempt while daemon or database are not there.
RETRY: Final = 2.0
_random = random.Random()  # noqa: S311 - for pauses


class Introduction:
    """Enters the daemon's peer id, again and again.

    Args:
        rqlite: the database.
        p2p: the way to the daemon.
        ready: tells whether the tables are there.
        clock: milliseconds since 1970.
    """

    def __init__(
        self, rqlite: RqliteClient, p2p: P2PClient, *, ready: Callable[[], bool], clock: Clock = now_ms
    ) -> None:
        self._rqlite = rqlite
        self._p2p = p2p
        self._ready = ready
        self._clock = clock
        self._entered = ""

    async def run(self) -> None:
        """Keep the entry fresh until cancelled."""
        while True:
            done = await self.enter()
            await asyncio.sleep(PERIOD * _random.uniform(0.5, 1.5) if done else RETRY)

    async def enter(self) -> bool:
        """Enter it once, if daemon and database are there; tell whether that was so."""
        if not (self._ready() and self._p2p.connected):
            return False
        now = self._clock()
        try:
            peer = (await self._p2p.status()).peer_id
            forget = Statement(clients.FORGET, (clients.since(now),))
            await self._rqlite.execute(Statement(clients.ENTER, (peer, now)), before=forget)
        except (P2PError, RelayUnavailable):
            return False
        except RqliteError as error:
            _log.info("the nodes could not be told which peer this gateway is; trying again", reason=str(error))
            return False
        if peer != self._entered:
            self._entered = peer
            _log.info("the nodes are told which peer this gateway is", peer=peer)
        return True
