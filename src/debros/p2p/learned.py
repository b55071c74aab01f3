"""What other peers say about where peers can be dialed: which of it is believed, how much is kept, and for how long.

A peer can say anything. Noise proves the peer id behind an address, so a lie costs a dial and nothing more; what is
bounded here is how many dials a liar can cause, and where to: not to this host's own services.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from multiaddr import Multiaddr

from debros.p2p.addresses import peer_id, split_peer
from debros.p2p.protocol import P2PError

# Of one peer; a host has a handful of interfaces.
MAX_ADDRESSES: Final = 8
# Of all: more than a node connects to, small against a flood.
MAX_PEERS: Final = 256
# Seconds an address is kept after it was last told: the longest pause of the bootstrap peers.
LIFETIME: Final = 600.0
_LONGEST: Final = 256  # characters of an address


def believable(text: str, owner: str, *, teller_is_local: bool) -> Multiaddr | None:
    """Return the address without its /p2p part when it is worth a dial, else None.

    Args:
        text: ``/ip4|ip6/<address>/tcp/<port>``, perhaps with ``/p2p/<peer id>`` behind it.
        owner: the peer that is said to be there.
        teller_is_local: the one who says so is connected over loopback, so its loopback is ours.
    """
    if len(text) > _LONGEST:
        return None
    try:
        address, named = split_peer(text)
        _, kind, host, transport, port, *rest = str(address).split("/")
        ip = ipaddress.ip_address(host)
    except (P2PError, ValueError):
        return None  # a name among them: who tells it would decide what is asked of our resolver
    if kind not in ("ip4", "ip6") or transport != "tcp" or rest or not 0 < int(port) < 65536:
        return None
    if named not in (None, owner):
        return None
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_loopback:
        return address if teller_is_local else None
    odd = ip.is_unspecified or ip.is_multicast or ip.is_link_local or ip.is_reserved
    return None if odd else address


class Learned:
    """Addresses of peers, the newest first; those that are not told again are forgotten.

    Args:
        own: this node's peer id.
        clock: seconds of a clock that only goes forward.
    """

    def __init__(self, own: str, clock: Callable[[], float]) -> None:
        self._own = own
        self._clock = clock
        self._peers: OrderedDict[str, dict[str, float]] = OrderedDict()  # peer → address → when it is forgotten

    def told(self, peer: str, addresses: Iterable[str], *, teller_is_local: bool) -> None:
        """Take in what a peer says about another; what is not believable is passed over."""
        try:
            peer_id(peer)
        except P2PError:
            return
        if peer == self._own:
            return
        found = [
            str(address)
            for text in list(addresses)[:MAX_ADDRESSES]
            if (address := believable(text, peer, teller_is_local=teller_is_local)) is not None
        ]
        if not found:
            return
        ends = self._clock() + LIFETIME
        # What is told now stands before what was told earlier: a peer that has moved is looked for where it is.
        known = self._peers.pop(peer, {})
        merged = dict.fromkeys(found, ends) | {text: end for text, end in known.items() if text not in found}
        self._peers[peer] = dict(list(merged.items())[:MAX_ADDRESSES])
        while len(self._peers) > MAX_PEERS:
            self._peers.popitem(last=False)

    def failed(self, peer: str, address: str) -> None:
        """Nobody was there, or somebody else: forget the address until it is told again."""
        known = self._peers.get(peer, {})
        known.pop(address, None)
        if not known:
            self._peers.pop(peer, None)

    def peers(self) -> dict[str, list[str]]:
        """Every peer with its addresses, the newest first."""
        now = self._clock()
        for peer, known in list(self._peers.items()):
            self._peers[peer] = {address: end for address, end in known.items() if end > now}
            if not self._peers[peer]:
                del self._peers[peer]
        return {peer: list(known) for peer, known in self._peers.items()}
