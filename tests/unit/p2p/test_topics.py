import trio
import trio.testing

from debros.p2p.topics import MAX_DISTANCE, Topics, base_topic, marker

TOPIC = "ns::shop::orders"


class World:
    """Nodes whose announcements reach their neighbours at once."""

    def __init__(self, links, *, linger=60.0, relay=True):
        self.links = links
        self.announced = {name: set() for pair in links for name in pair}
        self.joined = {name: set() for name in self.announced}
        self.topics = {name: Topics(Side(self, name), linger=linger, relay=relay) for name in self.announced}

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


def test_base_topic():
    assert base_topic(TOPIC) == TOPIC
    assert base_topic(marker(2, "ns::a::b/c")) == "ns::a::b/c"


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
