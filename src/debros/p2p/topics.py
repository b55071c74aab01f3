"""Which topics this node follows: those of its own clients, and those it relays for peers.

GossipSub forwards only what a node itself follows, so two hosts that are connected through a third one hear each
other only if the third follows their topics too. A node therefore follows what its peers follow. So that two relays
do not keep each other subscribed for ever, a relay announces its distance to the nearest interested node under a
second name (``debros-relay/2/<topic>``, which nothing is ever sent to): distances over `MAX_DISTANCE` do not count.
A peer that announces no distance, for instance plain js-libp2p, is interested itself.

A topic nobody wants any more is kept for `linger` seconds: unsubscribe followed by subscribe costs messages.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from debros import logs

_log = logs.get(__name__)

# Relays between two interested hosts; hosts of a cluster are connected directly, clients through one node.
MAX_DISTANCE: Final = 3
# Only application topics are relayed (ns::<namespace>::<topic>), and not more than a heartbeat can look after.
RELAYED_PREFIX: Final = "ns::"
MAX_RELAYED: Final = 4096

_LINGERING: Final = MAX_DISTANCE  # announced while nobody wants it: keeps nobody else interested


def marker(distance: int, topic: str) -> str:
    """The name under which a relay announces its distance to a topic's nearest interested node."""
    return f"debros-relay/{distance}/{topic}"


def base_topic(name: str) -> str:
    """The topic a name announced by a peer is about: itself, or what follows a distance."""
    parts = name.split("/", 2)
    return parts[2] if parts[0] == "debros-relay" and len(parts) == 3 else name


class Gossip(Protocol):
    """What is needed of pubsub."""

    def followers(self, name: str) -> Collection[object]:
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


class Topics:
    """Follows and leaves topics as clients and peers come and go.

    Args:
        gossip: does it.
        linger: seconds a topic nobody wants is kept.
        relay: whether to follow what peers follow; a client-only daemon does not.
    """

    def __init__(self, gossip: Gossip, *, linger: float, relay: bool = True) -> None:
        self._gossip = gossip
        self._linger = linger
        self._relay = relay
        self._followed: dict[str, _State] = {}
        self._changed: set[str] = set()
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
            self._changed.add(topic)
            self._wake.set()

    async def run(self) -> None:
        """Act on peers' changes and let go of idle topics, until cancelled."""
        while True:
            with trio.move_on_after(1):
                await self._wake.wait()
                await trio.sleep(0.02)  # a hello announces many topics, and a topic after its distance
            self._wake = trio.Event()
            changed, self._changed = self._changed, set()
            async with self._lock:
                for topic in changed:
                    await self._look_at(topic)
                await self._let_go()

    async def _look_at(self, topic: str) -> None:
        state = self._followed.get(topic)
        if state is None:
            if not self._relay or self._distance(topic) > MAX_DISTANCE:
                return
            if len(self._followed) >= MAX_RELAYED:
                _log.warning("not relaying a topic: too many are followed already", limit=MAX_RELAYED)
                return
            state = self._followed[topic] = _State()
        await self._settle(topic, state)

    async def _settle(self, topic: str, state: _State) -> None:
        distance = 0 if state.wanted_here else self._distance(topic) if self._relay else MAX_DISTANCE + 1
        if distance <= MAX_DISTANCE:
            state.idle_since = None
        else:
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

    def _distance(self, topic: str) -> int:
        followers = set(self._gossip.followers(topic))
        relays: set[object] = set()
        nearest = MAX_DISTANCE + 1
        for distance in range(1, MAX_DISTANCE + 1):
            at_distance = followers.intersection(self._gossip.followers(marker(distance, topic)))
            if at_distance - relays:
                nearest = min(nearest, distance + 1)
            relays |= at_distance
        return 1 if followers - relays else nearest

    async def _let_go(self) -> None:
        now = trio.current_time()
        for topic, state in list(self._followed.items()):
            if state.idle_since is not None and now - state.idle_since >= self._linger:
                del self._followed[topic]
                await self._gossip.leave(topic)
                await self._gossip.announce(marker(state.distance, topic), on=False)
