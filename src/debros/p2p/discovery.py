"""Finds peers beyond the bootstrap peers: asks some of the connected ones whom they know, and dials who is missing."""

import random
from collections.abc import Sequence
from typing import Final, Protocol

import trio

from debros import logs
from debros.p2p.exchange import ExchangeError, Told
from debros.p2p.learned import Learned
from debros.p2p.protocol import P2PError

_log = logs.get(__name__)

# Of the connected peers, asked in one round; who is left out has its turn in another.
ASKED: Final = 3
# Dials in one round, one after the other: a liar's addresses must not become a flood of ours.
DIALED: Final = 8
# Of max_connections: the rest is for those who dial us, and for the bootstrap peers.
SHARE: Final = 0.75
_ROUND_JITTER: Final = 0.2  # so that hosts started together do not ask together


class Dialer(Protocol):
    """What is needed of the host."""

    def connected(self) -> list[str]:
        """Ids of the peers connected now."""

    def is_turned_away(self, peer_id: str) -> bool:
        """Whether an operator has hung up on the peer."""

    def is_local(self, peer_id: str) -> bool:
        """Whether the peer is connected over loopback."""

    async def connect(self, multiaddr: str) -> str:
        """Dial, or raise P2PError."""


class Asker(Protocol):
    """What is needed of the exchange."""

    async def ask(self, peer: str) -> list[Told]:
        """Return whom a peer knows, or raise ExchangeError."""


class Discovery:
    """Rounds of asking and dialing.

    Args:
        dialer: the host.
        asker: the exchange.
        learned: keeps what was told.
        interval: seconds between two rounds (discovery.discovery_interval).
        max_connections: the node's limit.
    """

    def __init__(
        self, dialer: Dialer, asker: Asker, learned: Learned, *, interval: float, max_connections: int
    ) -> None:
        self._dialer = dialer
        self._asker = asker
        self._learned = learned
        self._interval = interval
        self._enough = max(1, int(max_connections * SHARE))

    async def run(self) -> None:
        """Discover until cancelled."""
        while True:
            jitter = random.uniform(1 - _ROUND_JITTER, 1 + _ROUND_JITTER)  # noqa: S311 - spreads load, guards nothing
            await trio.sleep(self._interval * jitter)
            await self._ask()
            await self._dial()

    async def _ask(self) -> None:
        connected = self._dialer.connected()
        async with trio.open_nursery() as nursery:
            for peer in random.sample(connected, min(ASKED, len(connected))):
                nursery.start_soon(self._ask_one, peer)

    async def _ask_one(self, peer: str) -> None:
        try:
            told = await self._asker.ask(peer)
        except ExchangeError as error:
            _log.debug("a peer tells of nobody", peer=peer, reason=str(error))
            return
        local = self._dialer.is_local(peer)
        for other in told:
            self._learned.told(other.id, other.addrs, teller_is_local=local)

    async def _dial(self) -> None:
        missing = [
            (peer, addresses)
            for peer, addresses in self._learned.peers().items()
            if peer not in self._dialer.connected() and not self._dialer.is_turned_away(peer)
        ]
        for peer, addresses in random.sample(missing, min(DIALED, len(missing))):
            if len(self._dialer.connected()) >= self._enough:
                return
            await self._dial_one(peer, addresses)

    async def _dial_one(self, peer: str, addresses: Sequence[str]) -> None:
        for address in addresses:
            try:
                await self._dialer.connect(f"{address}/p2p/{peer}")
            except P2PError as error:
                _log.debug("an exchanged peer is not reachable", peer=peer, reason=error.message)
                self._learned.failed(peer, address)
            else:
                _log.info("found a peer by exchange", peer=peer, address=address)
                return
