import asyncio

import pytest

from debros.p2p.client import RelayUnavailable
from testkit.nodes import eventually, path_opens

TOPIC = "ns::shop::orders"


async def test_a_killed_node_comes_back_with_its_subscriptions(nodes, clients):
    first = nodes().start()
    second = nodes([first.address]).start()
    publisher, subscriber = await clients(first), await clients(second)
    await subscriber.subscribe(TOPIC)
    await path_opens(publisher, subscriber, TOPIC)

    second.kill()
    await eventually(lambda: not subscriber.connected)
    await subscriber.subscribe("ns::shop::later")  # remembered while the node is away
    second.start()
    await eventually(lambda: subscriber.connected)
    assert subscriber.gaps == 1
    for topic in (TOPIC, "ns::shop::later"):
        await path_opens(publisher, subscriber, topic)
    assert (await subscriber.status()).topics == ["ns::shop::later", TOPIC]


async def test_messages_of_a_restarted_publisher_are_not_taken_for_old_ones(nodes, clients):
    first = nodes().start()
    second = nodes([first.address]).start()
    publisher, subscriber = await clients(second), await clients(first)
    await subscriber.subscribe(TOPIC)
    await path_opens(publisher, subscriber, TOPIC)
    for round_ in range(2):
        subscriber.heard.clear()
        sent = [f"{round_}-{number}".encode() for number in range(500)]
        await asyncio.gather(*(publisher.publish(TOPIC, data) for data in sent))
        await eventually(lambda s=sent: len(subscriber.payloads(TOPIC)) >= len(s))
        assert subscriber.payloads(TOPIC) == sent
        if round_ == 0:
            second.kill()
            second.start()
            await eventually(lambda: publisher.connected)
            await path_opens(publisher, subscriber, TOPIC)


async def test_publishes_wait_for_a_restart_and_fail_only_after_the_timeout(nodes, clients):
    node = nodes().start()
    publisher, subscriber = await clients(node, relay_timeout=60), await clients(node)
    impatient = await clients(node, relay_timeout=0.2)
    await subscriber.subscribe(TOPIC)
    node.kill()
    await eventually(lambda: not (publisher.connected or subscriber.connected or impatient.connected))
    with pytest.raises(RelayUnavailable):
        await impatient.publish(TOPIC, b"too late")
    with pytest.raises(RelayUnavailable):
        await impatient.status()
    waiting = [asyncio.ensure_future(publisher.publish(TOPIC, str(number).encode())) for number in range(100)]
    await asyncio.sleep(0.2)
    assert not any(task.done() for task in waiting)
    node.start()
    await asyncio.gather(*waiting)
    # Whoever is connected again first is chance: what came before the subscriber is gone, the rest is in order.
    await eventually(lambda: subscriber.connected)
    await publisher.publish(TOPIC, b"last")
    await eventually(lambda: b"last" in subscriber.payloads(TOPIC))
    numbers = [int(data) for data in subscriber.payloads(TOPIC)[:-1]]
    assert numbers == sorted(numbers)


async def test_peers_connect_and_disconnect(nodes, clients):
    first, second = nodes().start(), nodes().start()
    client = await clients(first)
    assert await client.peers() == []
    await client.connect(second.address)
    await eventually(lambda: first.process.poll() is None)
    [peer] = await client.peers()
    assert peer.id == second.peer_id
    assert peer.connected
    assert f"/ip4/127.0.0.1/tcp/{second.port}" in peer.addresses
    assert (await client.status()).peer_count == 1
    await client.disconnect(second.peer_id)
    deadline = asyncio.get_running_loop().time() + 120
    while (await client.status()).peer_count:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
    [peer] = await client.peers()
    assert not peer.connected
