import asyncio

import pytest

from debros.gateway.pubsub.relay import Relay
from debros.p2p.client import RelayUnavailable


async def test_after_a_failure_nobody_waits_until_the_node_is_back(p2p) -> None:
    relay = Relay(p2p)
    p2p.connected = False
    with pytest.raises(RelayUnavailable):
        await relay.publish("t", b"1")
    p2p.gate.clear()  # from here on a publish that reached the client would hang
    async with asyncio.timeout(120):
        with pytest.raises(RelayUnavailable):
            await relay.publish("t", b"2")
    p2p.gate.set()
    p2p.connected = True
    await relay.publish("t", b"3")
    assert p2p.published == [("t", b"3")]


async def test_the_first_waits_out_a_short_absence(p2p) -> None:
    relay = Relay(p2p)
    p2p.gate.clear()
    p2p.connected = False
    publishing = asyncio.create_task(relay.publish("t", b"1"))
    await asyncio.sleep(0)
    p2p.connected = True
    p2p.gate.set()
    await publishing
    assert p2p.published == [("t", b"1")]


async def test_what_waits_is_bounded_in_bytes(p2p) -> None:
    relay = Relay(p2p)
    p2p.gate.clear()
    task = relay.start("t", bytes(64 * 1024 * 1024))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(relay.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    p2p.gate.set()
    await task
    await waiting


async def test_closing_gives_up_what_the_node_does_not_take(p2p) -> None:
    relay = Relay(p2p)
    p2p.gate.clear()
    stuck = relay.start("t", b"x")
    await relay.close()
    assert stuck.cancelled()
