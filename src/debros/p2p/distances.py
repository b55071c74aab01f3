"""How far from here a topic is wanted, as peers announce it.

So that two relays do not keep each other subscribed for ever, a relay announces its distance to the nearest interested
node under a second name (``debros-relay/2/<topic>``, which nothing is ever sent to): distances over `MAX_DISTANCE` do
not count. A peer that announces no distance, for instance plain js-libp2p, is interested itself.
"""

from collections.abc import Callable, Collection, Hashable
from typing import Final

# Relays between two interested hosts; hosts of a cluster are connected directly, clients through one node.
MAX_DISTANCE: Final = 3


def marker(distance: int, topic: str) -> str:
    """The name under which a relay announces its distance to a topic's nearest interested node."""
    return f"debros-relay/{distance}/{topic}"


def base_topic(name: str) -> str:
    """The topic a name announced by a peer is about: itself, or what follows a distance."""
    parts = name.split("/", 2)
    return parts[2] if parts[0] == "debros-relay" and len(parts) == 3 else name


def nearest(followers: Callable[[str], Collection[Hashable]], topic: str) -> tuple[int, set[Hashable]]:
    """Find the shortest way to an interested node.

    Args:
        followers: gives the connected peers that announced a name.
        topic: the topic.

    Returns:
        Its distance from here, 1 for a peer's own interest, and the peers through which it is that short;
        `MAX_DISTANCE` + 1 and none when nobody is interested.
    """
    others = set(followers(topic))
    relays: set[Hashable] = set()
    found: tuple[int, set[Hashable]] = MAX_DISTANCE + 1, set()
    for distance in range(1, MAX_DISTANCE + 1):
        at_distance = others.intersection(followers(marker(distance, topic)))
        if (nearer := at_distance - relays) and distance + 1 < found[0]:
            found = distance + 1, nearer
        relays |= at_distance
    return (1, others - relays) if others - relays else found
