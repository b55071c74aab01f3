"""Identify: once for every connection, not once in a process' life.

* The host takes a peer for identified as long as its peer store knows any protocol of it, and the store keeps them
  after the peer has gone. So a peer that comes back, at another address or as another release, is never asked again.
* A peer that comes back before its old connection is closed here is asked over that one, or not at all.

Either way others are told its old address for two hours, and its new protocols are not known.
"""

from typing import Any

from libp2p.host.basic_host import BasicHost

from debros.p2p.workarounds.patching import replace


def apply() -> None:
    """Ask at every new connection, and again when one of several has gone."""

    def identified_since_it_connected(self: BasicHost, peer_id: Any) -> bool:
        return peer_id in self._identified_peers

    async def on_connected(self: BasicHost, conn: Any) -> None:
        self._identified_peers.pop(conn.muxed_conn.peer_id, None)
        await connected(self, conn)

    def on_disconnected(self: BasicHost, conn: Any) -> None:
        disconnected(self, conn)  # takes the peer for not identified
        self._schedule_identify(conn.muxed_conn.peer_id, reason="another-connection")  # if there is one

    replace(BasicHost, "_has_cached_protocols", identified_since_it_connected)
    connected = replace(BasicHost, "_on_notifee_connected", on_connected)
    disconnected = replace(BasicHost, "_on_notifee_disconnected", on_disconnected)
