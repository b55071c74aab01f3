"""Inbound connections: slots that are given back, handshakes that cannot lock peers out, listeners that own their port.

* Since libp2p 0.8.0 each inbound connection holds one of `max_connections - min_connections` slots until the whole
  swarm stops, so a node refuses everyone after that many connections in its life.
* Handshakes under way share those slots: that many half-open sockets lock out every honest peer.
* Listeners set SO_REUSEPORT, so two nodes on one port both "listen" and each gets half of the connections.
"""

from collections import Counter
from typing import Any, Final

import trio
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.swarm import Swarm
from libp2p.transport.exceptions import OpenConnectionError
from libp2p.transport.tcp import tcp

from debros import logs
from debros.p2p.workarounds.patching import replace

_log = logs.get(__name__)

# Bounds for connections that have not proved a key yet: enough for a busy network, small against a flood.
MAX_HANDSHAKES: Final = 256
MAX_HANDSHAKES_PER_ADDRESS: Final = 32


def apply() -> None:
    """Replace the swarm's inbound handler and the TCP transport's listener."""
    replace(Swarm, "_handle_inbound_connection", _handle_inbound_connection)
    replace(tcp, "_open_reuseport_listeners", open_listeners)


async def _handle_inbound_connection(self: Swarm, stream: Any, listener: Any) -> None:
    handshakes: Counter[str] = self.__dict__.setdefault("_debros_handshakes", Counter())
    address = _address_of(stream)
    if handshakes.total() >= MAX_HANDSHAKES or handshakes[address] >= MAX_HANDSHAKES_PER_ADDRESS:
        await stream.close()
        return
    raw = RawConnection(stream, False)  # False: we did not dial
    handshakes[address] += 1
    try:
        try:
            # Bounded by inbound_upgrade_timeout; add_conn inside it enforces max_connections.
            connection: Any = await self.upgrade_inbound_raw_conn(raw, listener)
        finally:
            handshakes[address] -= 1
            if not handshakes[address]:
                del handshakes[address]
        await connection.event_closed.wait()  # upstream waits for the end of the swarm here
    except Exception as error:  # noqa: BLE001 - a stranger's handshake may fail in any way and must not end the listener
        _log.debug("inbound connection failed", address=address, error=repr(error))
    finally:
        with trio.CancelScope(shield=True), trio.move_on_after(1):
            try:
                await raw.close()
            except Exception as error:  # noqa: BLE001 - it is closed already, or never will be: nothing left to do
                _log.debug("closing an inbound connection failed", address=address, error=repr(error))


def _address_of(stream: Any) -> str:
    try:  # upstream's own get_remote_address knows no IPv6
        return str(stream.stream.socket.getpeername()[0])
    except OSError:
        return "?"  # gone already


async def open_listeners(host: str | None, port: int) -> list[trio.SocketListener]:
    """Listen on one address and port that nobody else listens on.

    Raises:
        OpenConnectionError: the port is taken or the address is not ours; the text holds the reason.
    """
    family = trio.socket.AF_INET6 if host and ":" in host else trio.socket.AF_INET
    socket = trio.socket.socket(family, trio.socket.SOCK_STREAM)
    try:
        # Without it a restart would have to wait until the old connections have left TIME_WAIT.
        socket.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_REUSEADDR, 1)
        if family == trio.socket.AF_INET6:  # so that /ip4/0.0.0.0 and /ip6/:: can share a port number
            socket.setsockopt(trio.socket.IPPROTO_IPV6, trio.socket.IPV6_V6ONLY, 1)
        await socket.bind((host or "0.0.0.0", port))  # noqa: S104 - the operator's own choice
        socket.listen(128)
    except OSError as error:
        socket.close()
        raise OpenConnectionError(f"cannot listen on {host or '*'}:{port}: {error.strerror}") from error
    return [trio.SocketListener(socket)]
