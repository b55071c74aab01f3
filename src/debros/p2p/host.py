"""The libp2p host: TCP, Noise, yamux and identify, with limits, and a book of the peers it has met.

Noise only: py-libp2p's TLS does not interoperate, and by default it would also accept plaintext.
"""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_new_noise_key
from libp2p.custom_types import TProtocol
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo as DialInfo
from libp2p.peer.peerstore import PeerStoreError
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
from libp2p.stream_muxer.yamux.yamux import Yamux
from multiaddr import Multiaddr

from debros import logs
from debros.config import multiaddrs
from debros.identity import Identity
from debros.p2p import limits
from debros.p2p.addresses import ListenError, check_listen, is_loopback, reachable, split_peer
from debros.p2p.addresses import peer_id as parse_peer_id
from debros.p2p.dialing import DIAL_TIMEOUT, try_each
from debros.p2p.events import Events
from debros.p2p.peers import PeerBook
from debros.p2p.protocol import P2PError
from debros.p2p.room import Room
from debros.p2p.state import PeerInfo
from debros.p2p.turned_away import TurnedAway

_log = logs.get(__name__)

# Long enough to say goodbye to every peer, short enough for systemd and a restart.
_CLOSE_TIMEOUT: Final = 3.0


class Host:
    """This node in the libp2p network.

    Args:
        identity: the node's key.
        listen: multiaddrs to listen on; empty for a host that only dials.
        announce_host: host or host:port that peers are told instead of wildcard addresses; the host counts.
        max_connections: peers and their spare connections together.
        protected: whether a peer is a member, for whom others have to go when all places are taken.
        on_disconnect: called with the peer id when a peer's last connection is gone.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        listen: Sequence[str] = (),
        announce_host: str = "",
        max_connections: int = 50,
        protected: Callable[[str], bool] = lambda _peer: False,
        on_disconnect: Callable[[str], None] = lambda _peer: None,
    ) -> None:
        key = create_new_key_pair(identity.seed)
        self.peers = PeerBook()
        self.turned_away = TurnedAway()
        self.peer_id = identity.peer_id
        self._listen = [Multiaddr(address) for address in listen]
        self._announce_host = announce_host
        self._on_disconnect = on_disconnect
        self.libp2p: Any = new_host(
            key_pair=key,
            listen_addrs=self._listen or None,
            sec_opt={NOISE: NoiseTransport(key, noise_privkey=create_new_noise_key().private_key)},
            muxer_opt={TProtocol(YAMUX): Yamux},
            negotiate_timeout=10,
            disable_identify_address_discovery=True,
            addrs_factory=self._announced,
            resource_manager=limits.resource_manager(max_connections),
            connection_config=limits.connection_config(max_connections),
        )
        self._network: Any = self.libp2p.get_network()
        self._room = Room(self._network, max_connections, protected)
        self._network.register_notifee(Events(self._peer_connected, self._peer_disconnected))
        logging.getLogger("libp2p.network.swarm").setLevel(logging.CRITICAL)  # a stack trace per refused connection

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Listen and serve until the block is left; then close everything.

        Raises:
            ListenError: an address cannot be listened on.
        """
        check_listen([str(address) for address in self._listen])
        async with self.libp2p.run(self._listen), trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                if len(self._network.listeners) != len(self._listen):  # libp2p logs a failed bind and goes on
                    raise ListenError("libp2p could not listen on all of " + ", ".join(map(str, self._listen)))
                yield
            finally:
                # Without it the listening socket and the connections stay open even though the service has ended.
                with trio.CancelScope(shield=True), trio.move_on_after(_CLOSE_TIMEOUT):
                    await self.libp2p.close()
                nursery.cancel_scope.cancel()

    def addresses(self) -> list[str]:
        """Where peers can dial this host: complete multiaddrs with its peer id."""
        return [str(address) for address in self.libp2p.get_addrs()]

    def _announced(self, candidates: Sequence[Multiaddr]) -> list[Multiaddr]:
        announced = [Multiaddr(text) for text in reachable([str(a) for a in candidates], self._announce_host)]
        return list(dict.fromkeys(announced))

    def connected(self) -> list[str]:
        """Ids of the peers connected now."""
        return [str(peer) for peer in self.libp2p.get_connected_peers()]

    def is_connected(self, peer_id: str) -> bool:
        """Whether there is a connection to a peer."""
        return bool(self._network.get_connections(ID.from_string(peer_id)))

    def is_turned_away(self, peer_id: str) -> bool:
        """Whether an operator has hung up on a peer."""
        return peer_id in self.turned_away

    async def connect(self, multiaddr: str) -> str:
        """Dial ``/…/tcp/<port>/p2p/<peer id>`` and return the peer id; a peer that is connected stays so.

        Raises:
            P2PError: the address is malformed (`invalid_multiaddr`), our own (`self`), cannot be reached
                (`unreachable`) or is another peer's (`other_peer`).
        """
        address, peer_id = split_peer(multiaddr)
        if peer_id is None:
            raise P2PError("invalid_multiaddr", f"{multiaddr}: does not say which peer; expected {multiaddrs.FORM}")
        if peer_id == self.peer_id:
            raise P2PError("self", "this is the node's own address")
        peer = ID.from_string(peer_id)
        if self._network.get_connections(peer):
            return peer_id

        async def dial(resolved: Multiaddr) -> None:
            # One failed dial blocks a peer for 60 s, and only the first known address is tried: it shall be this one.
            self._network.unblock_peer(peer)
            self.libp2p.get_peerstore().clear_addrs(peer)
            await self.libp2p.connect(DialInfo(peer, [resolved]))

        await try_each(address, dial)
        return peer_id

    async def learn_peer_id(self, multiaddr: str) -> str:
        """Ask a host known only by ``/…/tcp/<port>`` who it is: dial, Noise handshake, hang up.

        Raises:
            P2PError: it cannot be reached or does not speak Noise (`unreachable`).
        """

        async def ask(resolved: Multiaddr) -> str:
            raw = await self._network.transport_manager.transport_for_dialing(resolved).dial(resolved)
            try:
                secured = await self._network.upgrader.security_multistream.secure_outbound(raw, None)
                return str(secured.get_remote_peer())
            finally:
                with trio.CancelScope(shield=True), trio.move_on_after(1):
                    await raw.close()

        return await try_each(Multiaddr(multiaddr), ask)

    async def disconnect(self, peer_id: str) -> None:
        """Close all connections to a peer, and turn it away from now on; one that is not connected is fine.

        Raises:
            P2PError: it is not a peer id (`invalid_peer_id`), our own (`self`), or too many are turned away (`busy`).
        """
        peer = parse_peer_id(peer_id)
        if peer_id == self.peer_id:
            raise P2PError("self", "this is the node's own peer id")
        self.turned_away.add(peer_id)
        with trio.move_on_after(DIAL_TIMEOUT):
            await self.libp2p.disconnect(peer)

    def known_peers(self) -> list[PeerInfo]:
        """Peers connected now or earlier, the connected ones first."""
        for peer in self.connected():
            # Identify tells where a peer listens; until then only the address of the connection is known.
            self.peers.seen(peer, self.announced_by(peer))
        return [msgspec.structs.replace(peer, turned_away=peer.id in self.turned_away) for peer in self.peers.list()]

    def announced_by(self, peer_id: str) -> list[str]:
        """Where a peer says that it can be dialed: multiaddrs without the /p2p part, [] when it has said nothing."""
        try:
            addresses = self.libp2p.get_peerstore().addrs(ID.from_string(peer_id))
        except PeerStoreError:  # not identified yet, or too long ago
            return []
        return [str(address).partition("/p2p/")[0] for address in addresses]

    def is_local(self, peer_id: str) -> bool:
        """Whether a peer is connected over loopback."""
        connections = self._network.get_connections(ID.from_string(peer_id))
        addresses = [address for conn in connections for address in conn.get_transport_addresses()]
        return any(is_loopback(str(address)) for address in addresses)

    def _peer_connected(self, conn: Any) -> None:
        peer_id = str(conn.muxed_conn.peer_id)
        if peer_id in self.turned_away:
            # Not here: the connection's set-up waits for us.
            self._nursery.start_soon(self._turn_away, conn)
            return
        addresses = [str(address) for address in conn.get_transport_addresses()]
        self.peers.connected(peer_id, addresses)
        _log.info("peer connected", peer=peer_id, direction=conn.direction.name.lower(), addresses=addresses)

    async def _turn_away(self, conn: Any) -> None:
        _log.debug("peer turned away", peer=str(conn.muxed_conn.peer_id))
        with trio.move_on_after(DIAL_TIMEOUT):
            try:
                await conn.close()
            except Exception as error:  # noqa: BLE001 - a stranger's connection may end in any way, and is to end
                _log.debug("closing a connection failed", error=repr(error))

    def _peer_disconnected(self, conn: Any) -> None:
        peer_id = str(conn.muxed_conn.peer_id)
        if self._network.get_connections(conn.muxed_conn.peer_id):
            return
        self.peers.disconnected(peer_id)
        _log.info("peer disconnected", peer=peer_id)
        self._on_disconnect(peer_id)
