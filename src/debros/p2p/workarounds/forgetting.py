"""What a peer says of itself is bounded, and forgotten when the peer has gone.

* Identify stores whatever fits in 1 MiB: a quarter of a million protocols are 15 MiB of one peer, and the peer store
  keeps a thousand peers that have gone. Its cache of addresses keeps a thousand that may have 1 MiB each.
* The auto-connector, which is off here, notes the end of every connection with the peer's id, and never forgets one.

Where a peer listens is remembered elsewhere (`peers`, `learned`, `bootstrap`), within limits; upstream's books are only
about those that are connected.
"""

from typing import Any, Final

from libp2p.host import basic_host
from libp2p.host.basic_host import BasicHost
from libp2p.identity.identify.pb.identify_pb2 import Identify
from libp2p.identity.identify_push import identify_push
from libp2p.network.auto_connector import AutoConnector

from debros.p2p.workarounds.patching import replace

# A node names about 20 protocols and a few addresses; go-libp2p's hosts up to 50.
MAX_PROTOCOLS: Final = 128
MAX_ADDRESSES: Final = 32
# Bytes of a protocol's name, and of an address; the longest in use are of 60 and 100.
MAX_NAME_BYTES: Final = 256
# Bytes of a signed record, which holds addresses again.
MAX_RECORD_BYTES: Final = 8 * 1024


def apply() -> None:
    """Bound what identify stores, and empty the peer store and the auto-connector's notes of those that have gone."""
    _bound_identify()
    replace(AutoConnector, "record_disconnect", lambda _connector, _peer_id: None)
    _forget_at_the_end()


def _bound_identify() -> None:
    async def update(peerstore: Any, peer_id: Any, told: Identify) -> None:
        await original(peerstore, peer_id, bounded(told))

    original = replace(basic_host, "update_peerstore_from_identify", update)
    replace(identify_push, "update_peerstore_from_identify", update)


def bounded(told: Identify) -> Identify:
    """Take what is too much off a peer's words, in place, and return them."""
    protocols = [name for name in told.protocols[:MAX_PROTOCOLS] if len(name) <= MAX_NAME_BYTES]
    addresses = [address for address in told.listen_addrs[:MAX_ADDRESSES] if len(address) <= MAX_NAME_BYTES]
    told.ClearField("protocols")
    told.ClearField("listen_addrs")
    told.protocols.extend(protocols)
    told.listen_addrs.extend(addresses)
    if len(told.signedPeerRecord) > MAX_RECORD_BYTES:
        told.ClearField("signedPeerRecord")
    return told


def _forget_at_the_end() -> None:
    def on_disconnected(self: BasicHost, conn: Any) -> None:
        disconnected(self, conn)
        _forget_if_gone(self, conn.muxed_conn.peer_id)

    async def identify(self: BasicHost, peer_id: Any, reason: str) -> None:
        await original(self, peer_id, reason)
        _forget_if_gone(self, peer_id)  # the answer may have come after the end

    disconnected = replace(BasicHost, "_on_notifee_disconnected", on_disconnected)
    original = replace(BasicHost, "_identify_task_entry", identify)


def _forget_if_gone(host: BasicHost, peer_id: Any) -> None:
    if not host.get_network().get_connections(peer_id) and host.peerstore.has_peer(peer_id):
        host.peerstore.clear_peerdata(peer_id)
