"""Reconnects: a peer that dials again while its old connection still seems alive must not become deaf.

After a frozen process, a laptop's sleep or a new NAT mapping the same peer connects a second time. Upstream keeps
pushing into the dead connection for ever. Here the older inbound connection is cut at once; the pubsub half of the
fix is in `pubsub`. A full socket buffer must not hold up the cutting, so a GO_AWAY gets one second.
"""

from typing import Any

import trio
from libp2p.network.swarm import Swarm
from libp2p.rcmgr import Direction
from libp2p.stream_muxer.yamux import yamux

from debros import logs
from debros.p2p.workarounds.patching import replace

_log = logs.get(__name__)


def apply() -> None:
    """Cut older inbound connections of a peer that dials again; bound the farewell frame."""
    _cut_older_connections()
    _bound_go_away()


def _cut_older_connections() -> None:
    async def add_conn(self: Swarm, muxed_conn: Any, direction: str = "unknown") -> Any:
        connection = await original(self, muxed_conn, direction)
        if direction == "inbound":
            connections: list[Any] = self.get_connections(muxed_conn.peer_id)
            for other in connections:
                if other is not connection and other.direction == Direction.INBOUND:
                    self.manager.run_task(_cut, other)
        return connection

    original = replace(Swarm, "add_conn", add_conn)


async def _cut(connection: Any) -> None:
    _log.info("peer dialed again, closing its older connection", peer=str(connection.muxed_conn.peer_id))
    socket = _socket_of(connection.muxed_conn)
    if socket is not None:
        await trio.aclose_forcefully(socket)
    with trio.move_on_after(3):
        await connection.close()


def _socket_of(layer: Any) -> trio.SocketStream | None:
    """Walk yamux → secure session → Noise → raw connection → TCP stream down to the socket."""
    for _ in range(8):
        if layer is None or isinstance(layer, trio.SocketStream):
            return layer
        names = ("secured_conn", "conn", "read_writer", "read_write_closer", "stream")
        layer = next((below for name in names if (below := getattr(layer, name, None)) is not None), None)
    return None


def _bound_go_away() -> None:
    async def write_frame(self: yamux.Yamux, data: bytes) -> None:
        if data[1] == yamux.TYPE_GO_AWAY:  # byte 1 of a yamux header is the frame's type
            with trio.move_on_after(1):
                await original(self, data)
        else:
            await original(self, data)

    original = replace(yamux.Yamux, "_write_frame", write_frame)
