"""The peers an operator has hung up on: not dialed, and turned away when they dial, until connected again or a restart.

Without it a disconnect would last half a second: one of the two sides keeps the other as its bootstrap peer.
"""

from collections.abc import Iterator
from typing import Final

from debros.p2p.protocol import P2PError

# One person's decisions, made one by one; beyond it somebody floods the socket.
LIMIT: Final = 1000


class TurnedAway:
    """Peer ids, forgotten with the process."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._peers: set[str] = set()

    def __contains__(self, peer_id: str) -> bool:
        return peer_id in self._peers

    def __iter__(self) -> Iterator[str]:
        return iter(self._peers)

    def add(self, peer_id: str) -> None:
        """Turn a peer away from now on; again is harmless.

        Raises:
            P2PError: there are too many already (`busy`).
        """
        if peer_id not in self._peers and len(self._peers) >= self._limit:
            raise P2PError("busy", f"{self._limit} peers are turned away already; connect to some of them, or restart")
        self._peers.add(peer_id)

    def remove(self, peer_id: str) -> None:
        """Let a peer in again; one that was not turned away is fine."""
        self._peers.discard(peer_id)
