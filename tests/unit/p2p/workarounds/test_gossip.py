from libp2p.pubsub.pb import rpc_pb2

from debros.p2p.workarounds import gossip
from debros.p2p.workarounds.gossip import _OrderedCache


def message(number, size=1, topic="t"):
    return rpc_pb2.Message(data=bytes(size), from_id=b"me", seqno=number.to_bytes(8, "big"), topicIDs=[topic])


def numbers(cache, topic="t"):
    return [int.from_bytes(message_id[-8:], "big") for message_id in cache.window(topic)]


def test_recent_messages_are_listed_oldest_first_over_heartbeats():
    cache = _OrderedCache(3, 5)
    for number in range(8):
        cache.put(message(number))
        cache.put(message(number))  # again changes nothing
        cache.put(message(100 + number, topic="other"))
        if number % 2:
            cache.shift()
    assert numbers(cache) == [4, 5, 6, 7]
    assert cache.get(b"me" + (0).to_bytes(8, "big"))  # out of the window, still there for who asks
    for _ in range(5):
        cache.shift()
    assert cache.msgs == {}
    assert cache._total == 0
    assert cache._sizes == {}


def test_the_cache_is_bounded_in_bytes(monkeypatch):
    monkeypatch.setattr(gossip, "_CACHE_BYTES", 10_000)
    cache = _OrderedCache(3, 5)
    for number in range(20):
        cache.put(message(number, size=1000))
    assert numbers(cache) == list(range(11, 20))
    assert cache._total <= 10_000
