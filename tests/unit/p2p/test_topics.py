import trio
import trio.testing

from debros.p2p import accounts
from debros.p2p.distances import MAX_DISTANCE, marker
from debros.p2p.topics import Topics

TOPIC = "ns::shop::orders"


class World:
    """Nodes whose announcements reach their neighbours at once."""

    def __init__(self, links, *, linger=60.0, relay=True, members=(), most=accounts.MOST, share=accounts.SHARE):
        self.links = links
        self.announced = {name: set() for pair in links for name in pair}
        self.joined = {name: set() for name in self.announced}
        settings = {"linger": linger, "relay": relay, "is_member": members.__contains__}
        self.topics = {name: Topics(Side(self, name), **settings) for name in self.announced}
        for topics in self.topics.values():
            topics._accounts = accounts.Accounts(trio.current_time, most=most, share=share)

    def neighbours(self, name):
        return {other for pair in self.links if name in pair for other in pair if other != name}

    def tell(self, name, what):
        for other in self.neighbours(name):
            self.topics[other].peers_changed(what)

    def followers(self):
        return {name for name, topics in self.joined.items() if TOPIC in topics}

    def cut(self, *pair):
        names = {what for name in pair for what in self.announced[name]}
        self.links.remove(pair)
        for name in pair:
            for what in names:
                self.topics[name].peers_changed(what)


class Side:
    def __init__(self, world, name):
        self.world, self.name = world, name

    def followers(self, what):
        return {other for other in self.world.neighbours(self.name) if what in self.world.announced[other]}

    async def join(self, topic):
        if topic not in self.world.joined[self.name]:
            self.world.joined[self.name].add(topic)
            await self.announce(topic, on=True)

    async def leave(self, topic):
        self.world.joined[self.name].discard(topic)
        await self.announce(topic, on=False)

    async def announce(self, name, *, on):
        announced = self.world.announced[self.name]
        if (name in announced) != on:
            (announced.add if on else announced.discard)(name)
            self.world.tell(self.name, name)


def run(world, scenario):
    async def main():
        async with trio.open_nursery() as nursery:
            for topics in world.topics.values():
                nursery.start_soon(topics.run)
            await scenario()
            nursery.cancel_scope.cancel()

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def test_a_topic_is_followed_at_once_and_left_after_the_linger():
    world = World([("a", "b")], linger=60, relay=False)

    async def scenario():
        await world.topics["a"].want(TOPIC)
        assert world.followers() == {"a"}
        await world.topics["a"].release(TOPIC)
        await trio.sleep(50)
        await world.topics["a"].want(TOPIC)  # back in time: nothing happened
        await world.topics["a"].release(TOPIC)
        await trio.sleep(58)
        assert world.followers() == {"a"}
        await trio.sleep(4)
        assert world.followers() == set()
        assert world.announced["a"] == set()

    run(world, scenario)


def test_a_chain_relays_up_to_the_greatest_distance():
    world = World([("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f")])
    assert MAX_DISTANCE == 3

    async def scenario():
        await world.topics["a"].want(TOPIC)
        await trio.sleep(5)
        assert world.followers() == {"a", "b", "c", "d"}
        assert marker(2, TOPIC) in world.announced["c"]

    run(world, scenario)


def test_relays_in_a_circle_do_not_keep_each_other_for_ever():
    world = World([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")], linger=5)

    async def scenario():
        await world.topics["d"].want(TOPIC)
        await trio.sleep(5)
        assert world.followers() == {"a", "b", "c", "d"}
        await world.topics["d"].release(TOPIC)
        await trio.sleep(60)
        assert world.followers() == set()
        assert not any(world.announced.values())

    run(world, scenario)


def test_relays_let_go_when_the_interested_node_is_gone():
    world = World([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")], linger=5)

    async def scenario():
        await world.topics["d"].want(TOPIC)
        await trio.sleep(5)
        world.cut("c", "d")
        await trio.sleep(60)
        assert world.followers() == {"d"}

    run(world, scenario)


def test_a_relay_that_becomes_interested_says_so_and_back():
    world = World([("a", "b")], linger=5)

    async def scenario():
        await world.topics["a"].want(TOPIC)
        await trio.sleep(2)
        assert marker(1, TOPIC) in world.announced["b"]
        await world.topics["b"].want(TOPIC)
        assert world.announced["b"] == {TOPIC}
        await world.topics["a"].release(TOPIC)
        await trio.sleep(30)
        assert world.followers() == {"a", "b"}  # a relays for b now
        await world.topics["b"].release(TOPIC)
        await trio.sleep(30)
        assert world.followers() == set()

    run(world, scenario)


def test_only_application_topics_are_relayed():
    world = World([("a", "b")])

    async def scenario():
        await world.topics["a"].want("debug")
        await trio.sleep(5)
        assert world.joined["b"] == set()

    run(world, scenario)


def flood(count, name="flood"):
    return [f"ns::{name}::{number}" for number in range(count)]


async def want_all(world, name, topics):
    for topic in topics:
        await world.topics[name].want(topic)


def test_a_stranger_has_a_share():
    world = World([("stranger", "b")], share=10)

    async def scenario():
        topics = flood(15)
        await want_all(world, "stranger", topics)
        await trio.sleep(60)
        assert world.joined["b"] == set(topics[:10])

    run(world, scenario)


def test_topics_of_strangers_begin_in_time(monkeypatch):
    monkeypatch.setattr(accounts, "BURST", 5)
    monkeypatch.setattr(accounts, "PER_SECOND", 2)
    world = World([("stranger", "b")])

    async def scenario():
        await want_all(world, "stranger", flood(20))
        await trio.sleep(0.9)
        assert 5 <= len(world.joined["b"]) < 8
        await trio.sleep(20)
        assert world.joined["b"] == set(flood(20))

    run(world, scenario)


def test_who_has_the_most_gives_way_and_members_are_not_counted():
    flooders = [f"flooder{number}" for number in range(5)]
    links = [(name, "b") for name in (*flooders, "modest", "member")]
    world = World(links, members=["member"], most=40, share=10)

    async def scenario():
        for name in flooders:
            await want_all(world, name, flood(11, name))
            await trio.sleep(5)
        assert len(world.joined["b"]) == 40
        modest, of_member = flood(5, "modest"), flood(30, "member")
        await want_all(world, "modest", modest)
        await want_all(world, "member", of_member)
        await trio.sleep(5)
        assert world.joined["b"].issuperset([*modest, *of_member])
        shares = [sum(f"ns::{name}::" in topic for topic in world.joined["b"]) for name in flooders]
        assert sum(shares) == 40 - len(modest)
        assert max(shares) - min(shares) <= 2

    run(world, scenario)


def test_a_topic_without_a_place_is_relayed_when_others_have_gone():
    world = World([("stranger", "b")], linger=5, share=10)

    async def scenario():
        topics = flood(13)
        await want_all(world, "stranger", topics)
        await trio.sleep(10)
        assert topics[-1] not in world.joined["b"]
        for topic in topics[:5]:
            await world.topics["stranger"].release(topic)
        await trio.sleep(60)
        assert world.joined["b"] == set(topics[5:])

    run(world, scenario)


def test_a_topic_that_a_member_wants_too_is_on_nobodys_account():
    world = World([("stranger", "b"), ("member", "b")], members=["member"], linger=5, share=10)

    async def scenario():
        shared = flood(10, "shared")
        await want_all(world, "stranger", shared)
        await trio.sleep(5)
        await want_all(world, "member", shared)
        await want_all(world, "stranger", flood(5, "own"))
        await trio.sleep(5)
        assert world.joined["b"] == {*shared, *flood(5, "own")}

    run(world, scenario)
