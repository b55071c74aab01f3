import asyncio
import json

import pytest

from debros.gateway.pubsub.hub import Hub
from debros.gateway.pubsub.mailbox import Mailbox, OnSlow
from debros.p2p.protocol import P2PError

WIRE = "ns::acme::news"


@pytest.fixture
async def hub(p2p):
    hub = Hub(p2p, linger=0.01, subscribe_timeout=30)
    yield hub
    await hub.close()


def mailbox() -> Mailbox:
    return Mailbox(max_messages=10, max_bytes=1000, on_slow=OnSlow.CLOSE)


async def test_everybody_on_the_topic_hears_it_and_nobody_else(hub) -> None:
    boxes = [mailbox() for _ in range(3)]
    await hub.join("acme", "news", boxes[0], enveloped=False)
    await hub.join("acme", "news", boxes[1], enveloped=True)
    await hub.join("other", "news", boxes[2], enveloped=False)
    hub.fan_out(WIRE, b"one")
    hub.fan_out("ns::acme::unknown", b"x")
    assert await boxes[0].get() == b"one"
    frame = json.loads(await boxes[1].get())
    assert (frame["data"], frame["topic"]) == ("b25l", "news")
    hub.fan_out("ns::other::news", b"two")
    assert await boxes[2].get() == b"two"
    assert hub.counters.delivered == 3


async def test_the_node_is_told_once_and_before_join_returns(hub, p2p, soon) -> None:
    p2p.gate.clear()
    joins = [asyncio.create_task(hub.join("acme", "news", mailbox(), enveloped=False)) for _ in range(3)]
    await soon(lambda: p2p.calls)
    assert not any(join.done() for join in joins)
    p2p.gate.set()
    await asyncio.gather(*joins)
    assert p2p.calls == [("subscribe", WIRE)]


async def test_a_node_that_does_not_answer_holds_nobody_up_for_ever(hub, p2p) -> None:
    hub._subscribe_timeout = 0.05
    p2p.gate.clear()
    box = mailbox()
    await hub.join("acme", "news", box, enveloped=False)
    hub.fan_out(WIRE, b"local")
    assert await box.get() == b"local"


async def test_a_refused_subscription_leaves_nothing_behind(hub, p2p) -> None:
    p2p.refuse = P2PError("too_many_topics", "no")
    with pytest.raises(P2PError):
        await hub.join("acme", "news", mailbox(), enveloped=False)
    assert hub.sockets == 0
    assert hub.topics("acme") == {}


async def test_the_last_to_leave_ends_the_subscription_after_a_while(hub, p2p, soon) -> None:
    first, second = mailbox(), mailbox()
    for box in (first, second):
        await hub.join("acme", "news", box, enveloped=False)
    hub.leave("acme", "news", first)
    assert hub.topics("acme") == {"news": 1}
    hub.leave("acme", "news", second)
    hub.leave("acme", "news", second)  # again is harmless
    assert hub.sockets == 0
    assert hub.topics("acme") == {}
    assert p2p.calls == [("subscribe", WIRE)]
    await soon(lambda: ("unsubscribe", WIRE) in p2p.calls)
    await soon(lambda: not hub._topics)


async def test_who_comes_back_in_time_keeps_the_subscription(p2p) -> None:
    hub = Hub(p2p, linger=30, subscribe_timeout=1)
    for _ in range(3):
        box = mailbox()
        await hub.join("acme", "news", box, enveloped=False)
        hub.leave("acme", "news", box)
    assert p2p.calls == [("subscribe", WIRE)]
    await hub.close()


async def test_who_comes_while_the_subscription_ends_gets_a_new_one(hub, p2p, soon) -> None:
    box = mailbox()
    await hub.join("acme", "news", box, enveloped=False)
    p2p.gate.clear()
    hub.leave("acme", "news", box)
    await soon(lambda: ("unsubscribe", WIRE) in p2p.calls)
    joining = asyncio.create_task(hub.join("acme", "news", box, enveloped=False))
    await asyncio.sleep(0)
    p2p.gate.set()
    await joining
    assert p2p.calls == [("subscribe", WIRE), ("unsubscribe", WIRE), ("subscribe", WIRE)]
    hub.fan_out(WIRE, b"x")
    assert await box.get() == b"x"


async def test_topics_are_bare_and_of_one_namespace(hub) -> None:
    await hub.join("acme", "a::b", mailbox(), enveloped=False)
    await hub.join("acme2", "c", mailbox(), enveloped=False)
    assert hub.topics("acme") == {"a::b": 1}
