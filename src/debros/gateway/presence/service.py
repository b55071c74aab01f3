"""Presence of one gateway: its own members told to the others, and the others' told to its sockets."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Final

import orjson

from debros import logs
from debros.gateway.presence import news
from debros.gateway.presence.news import Asks, Came, Ends, Everybody, Left, News, Person
from debros.gateway.presence.others import Others
from debros.gateway.presence.roster import Event, Member, Members, Roster
from debros.p2p.client import RelayUnavailable
from debros.p2p.protocol import P2PError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from debros.gateway.pubsub.hub import Hub
    from debros.p2p.client import P2PClient

_log = logs.get("debros.gateway.presence")

# No tenant can name it: theirs begin with `ns::`.
TOPIC: Final = "gw::presence"
# Seconds between two rounds in which everybody is told; and after which silence means that a gateway is gone, which the
# contract promises within 30: two rounds may be lost.
_ROUND, _SILENCE = 8.0, 25.0
_TOGETHER = 0.2  # seconds in which several that ask are answered at once
_LOOK = 1.0  # seconds between two looks for who is silent
# People in one message: with the longest names and meta some 700 KiB, below the node's limit for a message.
_PEOPLE = 100
# Seconds for the last word of a gateway that ends.
_FAREWELL = 1.0
# What waits for the node at most; what is beyond that the next round says.
_WAITING = 1000
# Milliseconds by which clocks may differ. News that is older may be an old recording.
_SKEW = 120_000


class Presence:
    """Who is present.

    Args:
        p2p: The connection to the node.
        hub: Whose sockets are told.
        key: The cluster's secret, None while it is not known; until then nothing is said and nothing believed.
        clock: Unix time in milliseconds.
    """

    def __init__(
        self,
        p2p: P2PClient,
        hub: Hub,
        key: Callable[[], bytes | None],
        *,
        clock: Callable[[], int] = lambda: int(time.time() * 1000),
    ) -> None:
        self._p2p = p2p
        self._hub = hub
        self._key = key
        self._clock = clock
        self._name = uuid.uuid4().hex
        self._begun = time.time_ns()
        self._number = 0
        self._rounds = 0
        self._roster = Roster()
        self._others = Others()
        self._sockets: Counter[tuple[str, str]] = Counter()
        self._outbox: asyncio.Queue[News] = asyncio.Queue(_WAITING)
        self._asked = asyncio.Event()

    def join(self, topic: str, member_id: str, meta: object) -> None:
        """Note a socket of a member at this gateway; the topic is the complete name."""
        self._sockets[topic, member_id] += 1
        if self._sockets[topic, member_id] > 1:
            return
        member = Member(member_id, self._clock(), meta)
        self._tell_sockets(self._roster.add(self._name, topic, member))
        self._say(Came(*self._head(), _person(topic, member)))

    def leave(self, topic: str, member_id: str) -> None:
        """Note that a socket of a member has ended."""
        self._sockets[topic, member_id] -= 1
        if self._sockets[topic, member_id] > 0:
            return
        del self._sockets[topic, member_id]
        self._tell_sockets(self._roster.remove(self._name, topic, member_id))
        self._say(Left(*self._head(), topic, member_id))

    def members(self, topic: str) -> list[Member]:
        """Return who is present in a topic, anywhere in the cluster; the topic is the complete name."""
        return self._roster.members(topic)

    def count(self) -> int:
        """Return how many members are known."""
        return self._roster.count()

    def gateways(self) -> int:
        """Return how many other gateways are heard."""
        return self._others.count()

    def hear(self, data: bytes) -> None:
        """Take in what came on the gateways' topic. Never waits."""
        key = self._key()
        heard = news.decode(data, key) if key is not None else None
        if heard is None or heard.sender == self._name:
            return
        if abs(heard.at - self._clock()) > _SKEW:
            _log.warning("presence of another gateway is refused: look at the clocks", gateway=heard.sender)
            return
        if not self._others.hear(heard, time.monotonic()):
            return
        sender = heard.sender
        match heard:
            case Came(who=who):
                self._tell_sockets(self._roster.add(sender, who.topic, _member(who)))
            case Left(topic=topic, id=member_id):
                self._tell_sockets(self._roster.remove(sender, topic, member_id))
            case Everybody():
                people = self._others.complete(heard)
                if people is not None:
                    self._tell_sockets(self._roster.replace(sender, _by_topic(people)))
            case Asks():
                self._asked.set()
            case Ends():
                self._gone(sender)

    async def run(self) -> None:
        """Say what is new, and everybody every few seconds; forget who is silent. Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._speak())
            group.create_task(self._repeat())
            group.create_task(self._watch())

    async def close(self) -> None:
        """Say that this gateway ends."""
        if self._key() is None:
            return
        with contextlib.suppress(TimeoutError, RelayUnavailable, P2PError):
            async with asyncio.timeout(_FAREWELL):
                await self._publish(Ends(*self._head()))

    # --- telling

    def _head(self) -> tuple[str, int, int, int]:
        self._number += 1
        return self._name, self._begun, self._number, self._clock()

    def _say(self, what: News) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._outbox.put_nowait(what)

    async def _speak(self) -> None:
        """Publish in order; what the node does not take is not said again: the next round says how things are then."""
        while True:
            what = await self._outbox.get()
            with contextlib.suppress(RelayUnavailable, P2PError):
                await self._publish(what)

    async def _publish(self, what: News) -> None:
        key = self._key()
        if key is not None:
            await self._p2p.publish(TOPIC, news.encode(what, key))

    async def _repeat(self) -> None:
        self._say(Asks(*self._head()))
        while True:
            if self._outbox.empty():  # else the node is away, or slow
                self._say_everybody()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ROUND):
                    await self._asked.wait()
                await asyncio.sleep(_TOGETHER)
            self._asked.clear()

    def _say_everybody(self) -> None:
        own = self._roster.at(self._name)
        people = [_person(topic, member) for topic, members in own.items() for member in members.values()]
        self._rounds += 1
        parts = max(1, -(-len(people) // _PEOPLE))
        for part in range(parts):
            some = people[part * _PEOPLE : (part + 1) * _PEOPLE]
            self._say(Everybody(*self._head(), self._rounds, part, parts, some))

    # --- listening

    async def _listen(self) -> None:
        """Hear the topic; with the node away the client takes a note of it, and tells the node when it is back."""
        with contextlib.suppress(RelayUnavailable, P2PError):
            await self._p2p.subscribe(TOPIC)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            for sender in self._others.silent(time.monotonic() - _SILENCE):
                _log.info("a gateway is silent; its members are taken for gone", gateway=sender)
                self._gone(sender)

    def _gone(self, sender: str) -> None:
        self._others.forget(sender)
        self._tell_sockets(self._roster.replace(sender, {}))

    def _tell_sockets(self, events: Iterable[Event]) -> None:
        for event in events:
            frame = {
                "type": "presence.join" if event.present else "presence.leave",
                "member_id": event.member.id,
                "timestamp": event.member.joined_at if event.present else self._clock(),
                "meta": event.member.meta,
            }
            self._hub.tell(event.topic, orjson.dumps(frame).decode())


def _person(topic: str, member: Member) -> Person:
    return Person(topic, member.id, member.joined_at, member.meta)


def _member(person: Person) -> Member:
    return Member(person.id, person.joined_at, person.meta)


def _by_topic(people: Iterable[Person]) -> Members:
    found: Members = {}
    for person in people:
        found.setdefault(person.topic, {})[person.id] = _member(person)
    return found
