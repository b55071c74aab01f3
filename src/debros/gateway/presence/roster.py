"""Members by topic and by the gateway that has them; no clock, no network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is present.

    Attributes:
        id: What the client calls itself.
        joined_at: Unix time, milliseconds.
        meta: What it says about itself: any JSON.
    """

    id: str
    joined_at: int
    meta: Any = None


class Event(NamedTuple):
    """Somebody who was nowhere in a topic has come, or has left from everywhere."""

    topic: str
    member: Member
    present: bool


Members = dict[str, dict[str, Member]]  # topic → member's id → member


class Roster:
    """Who is where. One member may be there through several gateways; it has left when it is at none of them."""

    def __init__(self) -> None:
        self._by_source: dict[str, Members] = {}

    def add(self, source: str, topic: str, member: Member) -> list[Event]:
        """Note a member at a gateway; return what is new by that: one event, or none."""
        known = self._is_present(topic, member.id)
        self._by_source.setdefault(source, {}).setdefault(topic, {}).setdefault(member.id, member)
        return [] if known else [Event(topic, member, present=True)]

    def remove(self, source: str, topic: str, member_id: str) -> list[Event]:
        """Note that a member is not at a gateway any more; return what is new by that: one event, or none."""
        topics = self._by_source.get(source, {})
        member = topics.get(topic, {}).pop(member_id, None)
        if not topics.get(topic):
            topics.pop(topic, None)
        if member is None or self._is_present(topic, member_id):
            return []
        return [Event(topic, member, present=False)]

    def replace(self, source: str, members: Members) -> list[Event]:
        """Note everybody who is at a gateway now, in the place of who was; return what is new by that."""
        events: list[Event] = []
        for topic, there in self.at(source).items():
            for member_id in set(there) - set(members.get(topic, {})):
                events += self.remove(source, topic, member_id)
        for topic, now in members.items():
            for member in now.values():
                events += self.add(source, topic, member)
        if not self._by_source.get(source):
            self._by_source.pop(source, None)
        return events

    def at(self, source: str) -> Mapping[str, Mapping[str, Member]]:
        """Return who is at a gateway, by topic."""
        return {topic: dict(members) for topic, members in self._by_source.get(source, {}).items()}

    def members(self, topic: str) -> list[Member]:
        """Return who is in a topic, in the order in which they have come; one at several gateways once, as at first."""
        found: dict[str, Member] = {}
        for member in self._everywhere(topic):
            if member.id not in found or member.joined_at < found[member.id].joined_at:
                found[member.id] = member
        return sorted(found.values(), key=lambda member: (member.joined_at, member.id))

    def count(self) -> int:
        """Return how many members are noted, all topics and gateways together."""
        return sum(len(members) for topics in self._by_source.values() for members in topics.values())

    def _everywhere(self, topic: str) -> Iterable[Member]:
        for topics in self._by_source.values():
            yield from topics.get(topic, {}).values()

    def _is_present(self, topic: str, member_id: str) -> bool:
        return any(member_id in topics.get(topic, {}) for topics in self._by_source.values())
