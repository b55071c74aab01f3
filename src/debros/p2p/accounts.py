"""On whose account topics are relayed: strangers cannot use up what a node can look after, nor its time.

Whoever reaches a node may follow topics, and the node follows with it. Without limits one stranger with thousands of
names would leave no place for anybody else's, and one that takes them back and forth would keep the node busy with
telling its peers. Members of the cluster are not counted; strangers have a share each, the one with the most gives way
to one with less, and together they begin only so many a second.
"""

import math
from collections.abc import Callable, Hashable
from typing import Final

# Topics that are followed for strangers: what a heartbeat of GossipSub can look after beside the members'.
MOST: Final = 8192
# Topics of one stranger.
SHARE: Final = 2048
# Topics begun for strangers: at once after a silence, and a second in the long run (two announcements to every peer).
BURST: Final = 2048
PER_SECOND: Final = 50.0

Peer = Hashable


class Accounts:
    """Who causes which relayed topic.

    Args:
        clock: seconds, monotonic.
        most: topics of all strangers together.
        share: topics of one.
    """

    def __init__(self, clock: Callable[[], float], *, most: int = MOST, share: int = SHARE) -> None:
        self._clock, self._most, self._share = clock, most, share
        self._payer: dict[str, Peer] = {}
        self._topics: dict[Peer, dict[str, None]] = {}
        self._allowed, self._last = float(BURST), -math.inf

    def payer(self, topic: str) -> Peer | None:
        """The stranger on whose account a topic is; None: nobody's."""
        return self._payer.get(topic)

    def charge(self, topic: str, peer: Peer | None) -> None:
        """Put a topic on a stranger's account, or on nobody's (None); it leaves the one it was on."""
        if (before := self._payer.pop(topic, None)) is not None:
            del self._topics[before][topic]
            if not self._topics[before]:
                del self._topics[before]
        if peer is not None:
            self._payer[topic] = peer
            self._topics.setdefault(peer, {})[topic] = None

    def in_time(self) -> bool:
        """Whether one more topic may be begun for a stranger now; each True counts as one."""
        now = self._clock()
        self._allowed = min(float(BURST), self._allowed + (now - self._last) * PER_SECOND)
        self._last = now
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True

    def place(self, peer: Peer) -> str | None:
        """Find a place for one more topic of a stranger.

        Returns:
            The topic that has to go for it, the oldest of the stranger that has the most; "" when there is room; None
            when this one has its share, or as many as whoever has the most.
        """
        own = len(self._topics.get(peer, ()))
        if own >= self._share:
            return None
        if len(self._payer) < self._most:
            return ""
        most = max(self._topics.values(), key=len)
        return next(iter(most)) if len(most) > own + 1 else None
