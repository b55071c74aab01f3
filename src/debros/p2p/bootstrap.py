"""Keeps the connections to the bootstrap peers: dials them, and dials again with growing pauses.

The contract: 5 s, times 1.5 each time, up to 10 minutes, ± 20 % so that hosts that lost the same peer do not all
come back at the same instant.
"""

import random
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import trio

from debros import logs
from debros.p2p.addresses import split_peer
from debros.p2p.protocol import P2PError

_log = logs.get(__name__)

FIRST_PAUSE: Final = 5.0
GROWTH: Final = 1.5
LONGEST_PAUSE: Final = 600.0
JITTER: Final = 0.2

# A connection that ends sooner was refused after the handshake (a full node): dialing at once would never end.
_LASTING: Final = 10.0
_POLL: Final = 0.5


class Dialer(Protocol):
    """What is needed of the host."""

    peer_id: str

    def is_connected(self, peer_id: str) -> bool:
        """Whether there is a connection to the peer."""

    def is_turned_away(self, peer_id: str) -> bool:
        """Whether an operator has hung up on the peer."""

    async def connect(self, multiaddr: str) -> str:
        """Dial and return the peer id, or raise P2PError."""

    async def learn_peer_id(self, multiaddr: str) -> str:
        """Ask a host without a known peer id for it, or raise P2PError."""


class Backoff:
    """The pauses between attempts, in seconds.

    Args:
        spread: returns a factor between its two arguments; `random.uniform` outside tests.
    """

    def __init__(self, spread: Callable[[float, float], float] = random.uniform) -> None:
        self._spread = spread
        self._pause = FIRST_PAUSE

    def next(self) -> float:
        """The pause before the next attempt; each one is longer than the one before, up to the longest."""
        pause = self._pause * self._spread(1 - JITTER, 1 + JITTER)
        self._pause = min(self._pause * GROWTH, LONGEST_PAUSE)
        return pause

    def reset(self) -> None:
        """Start over after a success."""
        self._pause = FIRST_PAUSE


async def keep_connected(dialer: Dialer, multiaddrs: Sequence[str]) -> None:
    """Keep a connection to each bootstrap peer until cancelled.

    Args:
        dialer: the host.
        multiaddrs: ``/…/tcp/<port>/p2p/<peer id>``; without the peer id, the host is asked for it first.
    """
    async with trio.open_nursery() as nursery:
        for multiaddr in multiaddrs:
            nursery.start_soon(_keep, dialer, multiaddr)


async def _keep(dialer: Dialer, multiaddr: str) -> None:
    _, configured_id = split_peer(multiaddr)
    backoff = Backoff()
    while True:
        try:
            peer_id = configured_id
            if peer_id is None:
                peer_id = await dialer.learn_peer_id(multiaddr)
                _log.warning(
                    "bootstrap peer without a peer id; trusting the one it gave", address=multiaddr, peer=peer_id
                )
            if peer_id == dialer.peer_id:
                return  # the bootstrap node itself, configured like the others
            while dialer.is_turned_away(peer_id):  # noqa: ASYNC110 - an operator's change of mind may wait half a second
                await trio.sleep(_POLL)
            if not dialer.is_connected(peer_id):
                await dialer.connect(multiaddr if configured_id else f"{multiaddr}/p2p/{peer_id}")
        except P2PError as error:
            pause = backoff.next()
            _log.warning("bootstrap peer not reachable", reason=error.message, retry_in=round(pause, 1))
            await trio.sleep(pause)
            continue
        since = trio.current_time()
        while dialer.is_connected(peer_id):  # noqa: ASYNC110 - libp2p has no event for it that survives a reconnect
            await trio.sleep(_POLL)
        if trio.current_time() - since >= _LASTING:
            backoff.reset()
        else:
            await trio.sleep(backoff.next())
