"""The peers this node has met: who is connected, and who was and when."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from debros.p2p.state import PeerInfo


@dataclass(slots=True)
class _Entry:
    addresses: list[str] = field(default_factory=list)
    connected: bool = False
    last_seen: float = 0.0


class PeerBook:
    """Remembers peers, the longest unseen are forgotten first.

    Args:
        limit: how many are remembered. Connected ones always are; max_connections bounds them.
        clock: seconds since 1970.
    """

    def __init__(self, limit: int = 1000, clock: Callable[[], float] = time.time) -> None:
        self._limit = limit
        self._clock = clock
        self._entries: dict[str, _Entry] = {}

    def connected(self, peer_id: str, addresses: Iterable[str]) -> None:
        """A peer has connected."""
        self._entries.setdefault(peer_id, _Entry()).connected = True
        self.seen(peer_id, addresses)
        gone = sorted((entry.last_seen, peer) for peer, entry in self._entries.items() if not entry.connected)
        for _, peer in gone[: max(0, len(self._entries) - self._limit)]:
            del self._entries[peer]

    def disconnected(self, peer_id: str) -> None:
        """A peer's last connection has ended."""
        if (entry := self._entries.get(peer_id)) is not None:
            entry.connected = False
            entry.last_seen = self._clock()

    def seen(self, peer_id: str, addresses: Iterable[str]) -> None:
        """A connected peer is still there; `addresses`, when there are any, replace what was known."""
        if (entry := self._entries.get(peer_id)) is not None:
            entry.last_seen = self._clock()
            entry.addresses = list(addresses) or entry.addresses

    def list(self) -> list[PeerInfo]:
        """All peers: the connected ones first, then the last seen."""
        infos = [
            PeerInfo(peer, entry.addresses, entry.connected, entry.last_seen) for peer, entry in self._entries.items()
        ]
        return sorted(infos, key=lambda info: (not info.connected, -info.last_seen, info.id))
