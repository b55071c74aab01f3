"""Several gateways on one wire: a stand-in for the nodes that loses and repeats on demand."""

import asyncio
import json

import pytest

from debros.gateway.presence import TOPIC, Presence, service
from debros.p2p.client import RelayUnavailable

KEY = b"key of the cluster"
ROOM = "ns::acme::room"


class Wire:
    """What is said is heard by all who listen; by nobody while it is `cut`."""

    def __init__(self) -> None:
        self.ears = {}
        self.said = []
        self.cut = False

    def end(self, name):
        return End(self, name)


class End:
    """The connection of one gateway."""

    def __init__(self, wire, name) -> None:
        self.wire, self.name, self.away = wire, name, False

    async def subscribe(self, topic) -> None:
        assert topic == TOPIC

    async def publish(self, topic, data) -> None:
        assert topic == TOPIC
        if self.away:
            raise RelayUnavailable("away")
        self.wire.said.append(data)
        if not self.wire.cut:
            for name, hear in self.wire.ears.items():
                if name != self.name:
                    hear(data)


class Sockets:
    """Stands in for the hub: notes what watchers of topics are told."""

    def __init__(self) -> None:
        self.told = []

    def tell(self, topic, frame) -> None:
        frame = json.loads(frame)
        self.told.append((topic, frame["type"].removeprefix("presence."), frame["member_id"]))


@pytest.fixture
def wire(monkeypatch):
    monkeypatch.setattr(service, "_ROUND", 0.1)
    monkeypatch.setattr(service, "_TOGETHER", 0.0)
    monkeypatch.setattr(service, "_LOOK", 0.02)
    monkeypatch.setattr(service, "_SILENCE", 60.0)
    return Wire()


@pytest.fixture
async def gateway(wire):
    tasks = {}

    def start(name, key=KEY, clock=None):
        end, sockets = wire.end(name), Sockets()
        options = {"clock": clock} if clock else {}
        presence = Presence(end, sockets, lambda: key, **options)
        presence.end, presence.told = end, sockets.told
        wire.ears[name] = presence.hear
        tasks[name] = presence.task = asyncio.create_task(presence.run())
        return presence

    yield start
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


def ids(presence, topic=ROOM):
    return [member.id for member in presence.members(topic)]


async def test_who_comes_and_goes_is_seen_everywhere(gateway, soon) -> None:
    one, two, three = gateway("one"), gateway("two"), gateway("three")
    one.join(ROOM, "ann", {"color": "red"})
    await soon(lambda: ids(two) == ids(three) == ["ann"])
    assert two.members(ROOM)[0].meta == {"color": "red"}
    assert two.members(ROOM) == one.members(ROOM)
    two.join(ROOM, "ann", None)  # another window, elsewhere
    await soon(lambda: one.count() == three.count() == 2)
    one.leave(ROOM, "ann")
    await soon(lambda: three.members(ROOM) == two.members(ROOM) == one.members(ROOM) != [])
    two.leave(ROOM, "ann")
    await soon(lambda: ids(one) == ids(two) == ids(three) == [])
    assert one.told == two.told == three.told == [(ROOM, "join", "ann"), (ROOM, "leave", "ann")]


async def test_two_windows_at_one_gateway_are_one_member(gateway) -> None:
    one = gateway("one")
    one.join(ROOM, "ann", None)
    one.join(ROOM, "ann", None)
    one.leave(ROOM, "ann")
    assert ids(one) == ["ann"]
    one.leave(ROOM, "ann")
    assert ids(one) == []
    assert one.told == [(ROOM, "join", "ann"), (ROOM, "leave", "ann")]


async def test_who_begins_learns_at_once_who_is_there(gateway, soon) -> None:
    one = gateway("one")
    for number in range(250):
        one.join(ROOM, f"m{number}", None)
    two = gateway("two")
    await soon(lambda: len(ids(two)) == 250)
    assert two.gateways() == 1
    assert two.count() == 250


async def test_what_was_lost_on_the_way_is_made_good(gateway, wire, soon) -> None:
    one, two = gateway("one"), gateway("two")
    one.join(ROOM, "ann", None)
    await soon(lambda: ids(two) == ["ann"])
    wire.cut = True
    one.leave(ROOM, "ann")
    one.join(ROOM, "ben", None)
    await asyncio.sleep(0.05)
    assert ids(two) == ["ann"]
    wire.cut = False
    await soon(lambda: ids(two) == ["ben"])
    assert two.told == [(ROOM, "join", "ann"), (ROOM, "leave", "ann"), (ROOM, "join", "ben")]


def test_who_is_silent_is_gone_within_thirty_seconds_and_two_rounds_may_be_lost() -> None:
    assert service._SILENCE + service._LOOK < 30  # the contract's promise
    assert 3 * service._ROUND < service._SILENCE


async def test_a_gateway_that_falls_silent_is_gone_with_its_members_and_comes_back_with_them(
    gateway, wire, soon, monkeypatch
) -> None:
    one, two = gateway("one"), gateway("two")
    one.join(ROOM, "ann", None)
    await soon(lambda: ids(two) == ["ann"])
    wire.cut = True
    monkeypatch.setattr(service, "_SILENCE", 0.5)
    await soon(lambda: ids(two) == [])
    assert two.gateways() == 0
    assert ids(one) == ["ann"]
    monkeypatch.setattr(service, "_SILENCE", 60.0)
    wire.cut = False
    await soon(lambda: ids(two) == ["ann"])


async def test_a_gateway_that_ends_says_so(gateway, soon) -> None:
    one, two = gateway("one"), gateway("two")
    one.join(ROOM, "ann", None)
    await soon(lambda: ids(two) == ["ann"])
    one.task.cancel()
    await one.close()
    assert ids(two) == []


async def test_a_node_that_is_away_is_no_error_and_nothing_is_kept_for_it(gateway, soon) -> None:
    one, two = gateway("one"), gateway("two")
    one.end.away = True
    for number in range(service._WAITING * 2):
        one.join(ROOM, f"m{number}", None)
        one.leave(ROOM, f"m{number}")
    one.join(ROOM, "ann", None)
    assert one._outbox.qsize() <= service._WAITING
    one.end.away = False
    await soon(lambda: ids(two) == ["ann"])
    assert not one.task.done()


async def test_strangers_recordings_and_other_clocks_are_not_believed(gateway, wire, soon) -> None:
    now = [1_000_000]
    one, two = gateway("one", clock=lambda: now[0]), gateway("two", clock=lambda: now[0])
    stranger = gateway("stranger", key=b"guessed")
    stranger.join(ROOM, "eve", None)
    one.join(ROOM, "ann", None)
    await soon(lambda: ids(two) == ["ann"])
    one.leave(ROOM, "ann")
    await soon(lambda: ids(two) == [])
    for data in list(wire.said):  # by somebody who has listened
        two.hear(data)
    assert ids(two) == []
    late = gateway("late", clock=lambda: now[0])
    await soon(lambda: late.gateways() == 2)
    now[0] += service._SKEW + 1
    recorded = list(wire.said)
    fresh = gateway("fresh", clock=lambda: now[0])
    for data in recorded:
        fresh.hear(data)
    assert ids(fresh) == []


async def test_without_a_key_nothing_is_said_and_nothing_believed(gateway) -> None:
    one, two = gateway("one"), gateway("two", key=None)
    one.join(ROOM, "ann", None)
    two.join(ROOM, "ben", None)
    await asyncio.sleep(0.1)
    assert (ids(one), ids(two)) == (["ann"], ["ben"])
    await two.close()
