"""Real nodes that tell each other how they are."""

import asyncio

import pytest

from debros import identity
from debros.p2p.client import P2PError
from testkit.nodes import eventually

TOPIC = "debros::nodes"


def known(node):
    """The address of a node that has not been started yet: it gets its key now."""
    data = node.home / "data"
    data.mkdir()
    key = identity.load_or_create(data / "identity.key")
    return f"/ip4/127.0.0.1/tcp/{node.port}/p2p/{key.peer_id}"


async def heard(client, state, count):
    """Wait until so many nodes are in a state there, and return their names."""
    async with asyncio.timeout(120):
        while True:
            found = [report for report in (await client.status()).nodes if report.state == state]
            if len(found) == count:
                return {report.peer_id for report in found}
            await asyncio.sleep(0.1)


async def test_members_hear_each_other_and_nobody_believes_a_stranger(nodes, clients):
    first = nodes(id="first")
    address = known(first)
    second = nodes([address], id="second")
    first.config.write_text(
        first.config.read_text().replace("bootstrap_peers: []", f"bootstrap_peers: [{known(second)}]")
    )
    for node in (first, second):
        node.start()
    stranger = nodes([address], id="stranger").start()  # knows the first one, which does not know it
    here, there, outside = [await clients(node) for node in (first, second, stranger)]
    assert await heard(here, "up", 2) == await heard(there, "up", 2) == {first.peer_id, second.peer_id}
    assert await heard(outside, "up", 2) == {stranger.peer_id, first.peer_id}
    status = await here.status()
    assert [report.name for report in status.nodes] == ["first", second.peer_id]
    assert status.nodes[1].age is not None
    assert status.nodes[1].memory_bytes > 1_000_000
    assert len((await here.status()).nodes) == 2


async def test_who_has_not_been_heard_is_unknown(nodes, clients):
    missing = nodes()
    node = nodes([known(missing)]).start()
    client = await clients(node)
    assert await heard(client, "up", 1) == {node.peer_id}
    (unknown,) = [report for report in (await client.status()).nodes if report.state == "unknown"]
    assert (unknown.age, unknown.version) == (None, None)


async def test_who_falls_silent_is_down_and_not_unknown_and_up_again_when_it_is_heard(nodes, clients):
    hurried = "from debros.node import heartbeat; heartbeat.INTERVAL = 1; from debros.node import main; main.main()"
    first, never = nodes(id="first"), nodes(id="never")
    second = nodes([known(first)], id="second")
    first.config.write_text(
        first.config.read_text().replace("bootstrap_peers: []", f"bootstrap_peers: [{known(second)}, {known(never)}]")
    )
    for node in (first, second):
        node.program = ["-c", hurried]
        node.start()
    client = await clients(first)
    assert await heard(client, "up", 2) == {first.peer_id, second.peer_id}
    second.kill()
    assert await heard(client, "down", 1) == {second.peer_id}
    (down,) = [report for report in (await client.status()).nodes if report.state == "down"]
    assert down.age > 3
    assert down.version  # what it said last is still known
    (unknown,) = [report for report in (await client.status()).nodes if report.state == "unknown"]
    assert unknown.age is None
    await eventually(lambda: "a node is not heard any more" in first.log.read_text())
    second.start()
    assert second.peer_id in await heard(client, "up", 2)


async def test_programs_of_the_host_cannot_touch_the_topic(nodes, clients):
    client = await clients(nodes().start())
    for attempt in (client.publish(TOPIC, b"x"), client.subscribe(TOPIC)):
        with pytest.raises(P2PError) as refused:
            await attempt
        assert refused.value.code == "invalid_topic"
