"""Which topics this node follows: those of its own clients, and those it relays for peers.

GossipSub forwards only what a node itself follows, so two hosts that are connected through a third one hear each
other only if the third follows their topics too. A node therefore follows what its peers follow, as far as
`distances` says that somebody is interested, and as many for strangers as `accounts` allows.

A topic nobody wants any more is kept for `linger` seconds: unsubscribe followed by subscribe costs messages.
"""

import math
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import Final, Protocol

import trio

from debros import logs
from debros.p2p.accounts import Accounts
from debros.p2p.distances import MAX_DISTANCE, base_topic, marker, nearest

_log = logs.get(__name__)

# Only application topics are relayed (ns::<namespace>::<topic>).
RELAYED_PREFIX: Final = "ns::"
# Topics left in one round; each is two announcements to every peer.
MAX_LEFT: Final = 256
# Names remembered of topics for which there was no place.
MAX_REFUSED: Final = 16_384

_QUIET: Final = 60.0  # seconds between two lines of the log about refused topics
_LINGERING: Final = MAX_DISTANCE  # announced while nobody wants it: keeps nobody else interested


class Gossip(Protocol):
    """What is needed of pubsub."""

    def followers(self, name: str) -> Collection[Hashable]:
        """The connected peers that announced `name`."""

    async def join(self, topic: str) -> None:
        """Subscribe to a topic."""

    async def leave(self, topic: str) -> None:
        """Unsubscribe from a topic."""

    async def announce(self, name: str, *, on: bool) -> None:
        """Announce a name without following it."""


@dataclass(slots=True)
class _State:
    wanted_here: bool = False
    distance: int = 0  # what peers were told: 0 means interested itself
    idle_since: float | None = None


class _Place(Enum):
    FOUND = auto()  # or not needed
    LATER = auto()
    NONE = auto()


class Topics:
    """Follows and leaves topics as clients and peers come and go.

    Args:
        gossip: does it.
        linger: seconds a topic nobody wants is kept.
        relay: whether to follow what peers follow; a client-only daemon does not.
        is_member: whether a peer is of the cluster; for others, topics are relayed within limits (`accounts`).
    """

    def __init__(
        self,
        gossip: Gossip,
        *,
        linger: float,
        relay: bool = True,
        is_member: Callable[[Hashable], bool] = lambda _peer: False,
    ) -> None:
        self._gossip = gossip
        self._linger = linger
        self._relay = relay
        self._is_member = is_member
        self._accounts = Accounts(trio.current_time)
        self._followed: dict[str, _State] = {}
        self._changed: dict[str, None] = {}  # in the order in which they did
        self._refused: dict[str, None] = {}  # looked at again when others are left
        self._quiet_until = -math.inf
        self._wake = trio.Event()
        self._lock = trio.Lock()

    async def want(self, topic: str) -> None:
        """Follow a topic for a client here; returns once peers are being told."""
        async with self._lock:
            state = self._followed.setdefault(topic, _State())
            state.wanted_here = True
            await self._settle(topic, state)

    async def release(self, topic: str) -> None:
        """The last client here has lost interest."""
        async with self._lock:
            if (state := self._followed.get(topic)) is not None:
                state.wanted_here = False
                await self._settle(topic, state)

    def peers_changed(self, name: str) -> None:
        """A peer began or ceased to announce `name`; it is looked at soon."""
        topic = base_topic(name)
        if topic in self._followed or (self._relay and topic.startswith(RELAYED_PREFIX)):
            self._changed[topic] = None
            self._wake.set()

    async def run(self) -> None:
        """Act on peers' changes and let go of idle topics, until cancelled."""
        while True:
            with trio.move_on_after(1):
                await self._wake.wait()
                await trio.sleep(0.02)  # a hello announces many topics, and a topic after its distance
            self._wake = trio.Event()
            await self._look_at_changed()
            await self._let_go()

    async def _look_at_changed(self) -> None:
        postponed: dict[str, None] = {}
        refused: dict[str, None] = {}
        for _ in range(len(self._changed)):
            topic = next(iter(self._changed))
            del self._changed[topic]
            async with self._lock:  # for one at a time: clients want topics meanwhile
                place = await self._look_at(topic)
            if place is not _Place.FOUND:
                (postponed if place is _Place.LATER else refused)[topic] = None
        self._changed |= postponed
        self._remember_refused(refused)
        if refused and trio.current_time() >= self._quiet_until:
            self._quiet_until = trio.current_time() + _QUIET
            _log.warning("topics of strangers are not relayed: they follow too many", topics=len(refused))

    async def _look_at(self, topic: str) -> _Place:
        state = self._followed.get(topic)
        if state is None:
            distance, peers = nearest(self._gossip.followers, topic)
            if not self._relay or distance > MAX_DISTANCE:
                return _Place.FOUND
            if (place := await self._make_place(topic, peers)) is not _Place.FOUND:
                return place
            state = self._followed[topic] = _State()
        await self._settle(topic, state)
        return _Place.FOUND

    async def _make_place(self, topic: str, peers: set[Hashable]) -> _Place:
        if (stranger := self._cause(topic, peers)) is None:
            return _Place.FOUND
        giving_way = self._accounts.place(stranger)
        if giving_way is None:
            return _Place.NONE
        if not self._accounts.in_time():
            return _Place.LATER
        if giving_way:
            await self._leave(giving_way)
            self._remember_refused([giving_way])
        return _Place.FOUND

    def _remember_refused(self, topics: Iterable[str]) -> None:
        self._refused |= dict.fromkeys(islice(topics, max(0, MAX_REFUSED - len(self._refused))))

    def _cause(self, topic: str, peers: set[Hashable]) -> Hashable | None:
        """Which of the nearest peers a topic is relayed for; None when a member is among them, or there are none."""
        if any(self._is_member(peer) for peer in peers):
            return None
        payer = self._accounts.payer(topic)
        return payer if payer in peers else next(iter(peers), None)

    async def _settle(self, topic: str, state: _State) -> None:
        distance, peers = self._wanted(topic, state)
        if distance <= MAX_DISTANCE:
            state.idle_since = None
            self._accounts.charge(topic, self._cause(topic, peers))
        else:  # and stays on the account it is on
            distance = _LINGERING
            if state.idle_since is None:
                state.idle_since = trio.current_time()
        # The distance is announced before the topic, and withdrawn after it: a peer must not take a relay for interest.
        if distance:
            await self._gossip.announce(marker(distance, topic), on=True)
        await self._gossip.join(topic)
        if state.distance not in (0, distance):
            await self._gossip.announce(marker(state.distance, topic), on=False)
        state.distance = distance

    def _wanted(self, topic: str, state: _State) -> tuple[int, set[Hashable]]:
        if state.wanted_here:
            return 0, set()
        return nearest(self._gossip.followers, topic) if self._relay else (MAX_DISTANCE + 1, set())

    async def _let_go(self) -> None:
        now = trio.current_time()
        idle = (name for name, state in self._followed.items() if _is_over(state, now - self._linger))
        for topic in list(islice(idle, MAX_LEFT)):
            async with self._lock:
                if topic in self._followed and _is_over(self._followed[topic], now - self._linger):
                    await self._leave(topic)
                    if self._refused:
                        del self._refused[oldest := next(iter(self._refused))]
                        self._changed[oldest] = None

    async def _leave(self, topic: str) -> None:
        self._accounts.charge(topic, None)
        state = self._followed.pop(topic)
        await self._gossip.leave(topic)
        await self._gossip.announce(marker(state.distance, topic), on=False)


def _is_over(state: _State, since: float) -> bool:
    return state.idle_since is not None and state.idle_since <= since
