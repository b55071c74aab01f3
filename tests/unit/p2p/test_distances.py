from debros.p2p import protocol, workarounds
from debros.p2p.distances import MAX_DISTANCE, base_topic, marker, nearest

workarounds.apply_all()

from debros.p2p.workarounds.pubsub import MAX_TOPIC_BYTES  # noqa: E402 - after the workarounds

TOPIC = "ns::shop::orders"


def test_base_topic():
    assert base_topic(TOPIC) == TOPIC
    assert base_topic(marker(2, "ns::a::b/c")) == "ns::a::b/c"


def test_the_nearest_way():
    def way(**announced):
        names = {TOPIC: set(announced)}
        for peer, distance in announced.items():
            names.setdefault(marker(distance, TOPIC), set()).add(peer)
        return nearest(lambda name: names.get(name, set()), TOPIC)

    assert way() == (MAX_DISTANCE + 1, set())
    assert way(a=0, b=1) == (1, {"a"})
    assert way(a=1, b=1, c=2) == (2, {"a", "b"})
    assert way(a=2, b=MAX_DISTANCE) == (3, {"a"})
    assert way(a=MAX_DISTANCE) == (MAX_DISTANCE + 1, set())


def test_a_relay_of_the_longest_topic_is_known_as_one():
    assert len(marker(MAX_DISTANCE, "t" * protocol.MAX_TOPIC_BYTES)) <= MAX_TOPIC_BYTES
