"""What sockets are told; how it comes about with a real node is in tests/integration/gateway/test_gaps.py."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from debros.gateway.pubsub import gaps as gaps_module
from debros.gateway.pubsub.gaps import Gaps
from debros.gateway.pubsub.hub import Hub
from debros.gateway.pubsub.mailbox import Mailbox, OnSlow


@pytest.fixture
async def hub(p2p):
    hub = Hub(p2p, linger=0.01, subscribe_timeout=30)
    yield hub
    await hub.close()


def mailbox() -> Mailbox:
    return Mailbox(max_messages=10, max_bytes=1000, on_slow=OnSlow.CLOSE)


async def test_dropped_messages_are_told_with_their_number(hub, p2p) -> None:
    minding, plain = mailbox(), mailbox()
    await hub.join("acme", "news", minding, enveloped=False, minding=True)
    await hub.join("acme", "news", plain, enveloped=False)
    gaps = Gaps(p2p, hub)
    gaps.interrupted(0.0, 7)
    told = json.loads(await minding.get())
    assert (told["type"], told["reason"], told["dropped"], told["seconds"]) == ("gap", "slow_gateway", 7, 0.0)
    hub.fan_out("ns::acme::news", b"a message")
    assert await plain.get() == b"a message"
    await gaps.close()


async def test_a_restarted_node_is_told_again_once_it_has_found_its_peers(hub, p2p, monkeypatch) -> None:
    monkeypatch.setattr(gaps_module, "_POLL", 0)
    minding = mailbox()
    await hub.join("acme", "news", minding, enveloped=False, minding=True)
    peers = [2, 0, 0]

    async def status() -> SimpleNamespace:
        return SimpleNamespace(peer_count=peers.pop())

    p2p.status = status
    gaps = Gaps(p2p, hub)
    gaps.interrupted(1.5, 0)
    first, second = [json.loads(await minding.get()) for _ in range(2)]
    assert (first["reason"], first["seconds"], second["reason"]) == ("node_away", 1.5, "node_away")
    assert (peers, hub.counters.gaps) == ([], 2)
    peers += [2]
    gaps.interrupted(1.5, 0)  # it still has them: only the line to it was cut
    assert json.loads(await minding.get())["type"] == "gap"
    await gaps._waiting
    assert hub.counters.gaps == 3


async def test_who_has_left_is_told_nothing(hub, p2p) -> None:
    minding = mailbox()
    await hub.join("acme", "news", minding, enveloped=False, minding=True)
    hub.leave("acme", "news", minding)
    Gaps(p2p, hub).interrupted(0.0, 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(minding.get(), 0.05)
