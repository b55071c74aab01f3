import asyncio
import time

from testkit.nodes import eventually, path_opens

TOPIC = "ns::shop::orders"


async def test_1000_messages_at_100_a_second_cross_a_relay_complete_and_in_order(nodes, clients):
    # 2 and 3 know only 1, and nobody at 1 follows the topic: 1 has to relay.
    first = nodes().start()
    second = nodes([first.address]).start()
    third = nodes([first.address]).start()
    publisher, subscriber = await clients(second), await clients(third)
    await subscriber.subscribe(TOPIC)
    await path_opens(publisher, subscriber, TOPIC)

    sent = [f"{number:06d}".encode() + bytes(1018) for number in range(1000)]
    began = time.monotonic()
    for number, data in enumerate(sent):
        await asyncio.sleep(max(0.0, began + number / 100 - time.monotonic()))
        await publisher.publish(TOPIC, data)
    await eventually(lambda: len(subscriber.heard) >= len(sent))
    await asyncio.sleep(0.5)  # a duplicate would come now
    assert subscriber.payloads(TOPIC) == sent
    assert {publisher for _, _, publisher in subscriber.heard} == {second.peer_id}
    assert publisher.heard == []


async def test_a_burst_of_2000_is_not_lost_on_either_neighbour(nodes, clients):
    first = nodes().start()
    second = nodes([first.address]).start()
    third = nodes([first.address, second.address]).start()
    publisher = await clients(first)
    subscribers = [await clients(second), await clients(third)]
    for subscriber in subscribers:
        await subscriber.subscribe(TOPIC)
        await path_opens(publisher, subscriber, TOPIC)
    for subscriber in subscribers:
        subscriber.heard.clear()

    sent = [f"{number:06d}".encode() + bytes(94) for number in range(2000)]
    await asyncio.gather(*(publisher.publish(TOPIC, data) for data in sent))
    for subscriber in subscribers:
        await eventually(lambda s=subscriber: len(s.heard) >= len(sent))
        assert subscriber.payloads(TOPIC) == sent


async def test_largest_and_empty_and_equal_payloads(nodes, clients):
    first = nodes().start()
    second = nodes([first.address]).start()
    publisher, subscriber = await clients(first), await clients(second)
    await subscriber.subscribe(TOPIC)
    await path_opens(publisher, subscriber, TOPIC)
    sent = [b"", b"\xff\x00", b"same", b"same", bytes(range(256)) * 4096]
    assert len(sent[-1]) == 1024 * 1024
    for data in sent:
        await publisher.publish(TOPIC, data)
    await eventually(lambda: len(subscriber.heard) >= len(sent))
    assert subscriber.payloads(TOPIC) == sent


async def test_clients_of_one_node_hear_each_other_but_not_themselves(nodes, clients):
    node = nodes().start()
    one, two = await clients(node), await clients(node)
    for client in (one, two):
        await client.subscribe(TOPIC)
    await one.publish(TOPIC, b"hello")
    await eventually(lambda: two.heard)
    assert two.heard == [(TOPIC, b"hello", node.peer_id)]
    await two.publish(TOPIC, b"back")
    await eventually(lambda: one.heard)
    assert one.heard == [(TOPIC, b"back", node.peer_id)]
    await two.unsubscribe(TOPIC)
    await one.publish(TOPIC, b"nobody")
    await two.subscribe("ns::shop::other")  # its answer comes after anything `two` might still be sent
    assert len(two.heard) == 1
