"""Pings: all connections at once, and a second one before a peer is taken for dead.

* Connections are pinged one after the other, four seconds each when nobody answers: with fifty peers that keep silent a
  frozen one among the others is found after minutes.
* One unanswered ping ends a connection. A machine that stood still (a starved or suspended host) finds all its pings
  unanswered when it goes on, and hung up on everybody: messages were lost in an endurance run.
"""

from typing import Any

import trio
from libp2p.network.health.monitor import ConnectionHealthMonitor

from debros import logs
from debros.p2p.workarounds.patching import replace

_log = logs.get(__name__)


def apply() -> None:
    """Replace the round of the health monitor, and its ping."""

    async def check(self: ConnectionHealthMonitor, peer_id: Any, connection: Any) -> None:
        try:
            await self._check_connection_health(peer_id, connection)
        except Exception as error:  # noqa: BLE001 - a connection may end in any way meanwhile
            _log.debug("a peer's connection was not checked", peer=str(peer_id), error=repr(error))

    async def check_all(self: ConnectionHealthMonitor) -> None:
        async with trio.open_nursery() as nursery:
            for peer_id, connections in list(self.swarm.connections.items()):
                for connection in list(connections):
                    nursery.start_soon(check, self, peer_id, connection)

    async def ping(self: ConnectionHealthMonitor, connection: Any) -> Any:
        result = await once(self, connection)
        return result if result.success else await once(self, connection)

    replace(ConnectionHealthMonitor, "_check_all_connections", check_all)
    once = replace(ConnectionHealthMonitor, "_ping_connection", ping)
