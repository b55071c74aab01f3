"""Who goes when all places are taken: a stranger, for a member of the cluster; else nobody, and who knocks is refused.

So strangers cannot keep the cluster's own nodes out by coming first. Of those who are no members the one that came last
goes: who has been there for long is known to be of use. The limit holds at every moment.
"""

from collections.abc import Callable
from typing import Any, Final

import trio

from debros import logs
from debros.p2p import limits

_log = logs.get(__name__)

# Seconds for the farewell to who has to go; its place is free at once.
_FAREWELL: Final = 2.0


class Room:
    """The places of a swarm.

    Args:
        swarm: libp2p's; connections are registered through this object from now on.
        places: how many there are.
        protected: whether a peer is a member, for whom others make room.
    """

    def __init__(self, swarm: Any, places: int, protected: Callable[[str], bool]) -> None:
        self._swarm = swarm
        self._places = places
        self._protected = protected
        self._register = swarm.add_conn
        swarm.add_conn = self._admit

    async def _admit(self, muxed_conn: Any, direction: str = "unknown") -> Any:
        if self._protected(str(muxed_conn.peer_id)):
            while len(self._swarm.get_connections()) >= self._places and (victim := self._victim()) is not None:
                await self._dismiss(victim, str(muxed_conn.peer_id))
        with limits.admitting():  # who finds no place is refused in there
            return await self._register(muxed_conn, direction)

    def _victim(self) -> Any:
        connections = [one for ones in self._swarm.connections.values() for one in ones]  # in the order they came
        strangers = [one for one in connections if not self._protected(str(one.muxed_conn.peer_id))]
        return strangers[-1] if strangers else None

    async def _dismiss(self, connection: Any, newcomer: str) -> None:
        peer = connection.muxed_conn.peer_id
        _log.info("all places are taken: a peer goes for a member", peer=str(peer), member=newcomer)
        with trio.move_on_after(_FAREWELL):
            try:
                await connection.close()
            except Exception as error:  # noqa: BLE001 - a stranger's connection may end in any way, and is to end
                _log.debug("closing a connection failed", peer=str(peer), error=repr(error))
        if connection in self._swarm.connections.get(peer, ()):  # the farewell took too long
            self._swarm.remove_conn(connection)
