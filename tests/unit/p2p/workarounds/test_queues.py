import trio
import trio.testing
from libp2p.pubsub.pb import rpc_pb2

from debros.p2p.workarounds import queues
from debros.p2p.workarounds.queues import PeerQueue


def rpc(*payloads, **fields):
    return rpc_pb2.RPC(publish=[rpc_pb2.Message(data=data) for data in payloads], **fields)


def drain(queue):
    async def main():
        received = []
        while len(queue):
            received.append([message.data for message in (await queue.pop()).publish])
        return received

    return trio.run(main)


def make():
    async def main():
        return PeerQueue()

    return trio.run(main)


def test_small_messages_travel_together_in_order_and_large_ones_alone():
    queue = make()
    large = bytes(40_000)
    for data in (b"1", b"2", b"3", large, large, b"4"):
        assert queue.push(rpc(data))
    assert drain(queue) == [[b"1", b"2", b"3"], [large], [large], [b"4"]]


def subscription(topic, *, on=True):
    """As upstream makes it: with a record of the sender."""
    return rpc(subscriptions=[rpc_pb2.RPC.SubOpts(subscribe=on, topicid=topic)], senderRecord=b"signed")


def test_control_is_not_mixed_with_messages():
    queue = make()
    graft = rpc(control=rpc_pb2.ControlMessage(graft=[rpc_pb2.ControlGraft(topicID="t")]))
    for item in (rpc(b"1"), graft, rpc(b"2"), rpc(b"3")):
        queue.push(item)
    queue.push(graft, priority=True)
    assert drain(queue) == [[], [b"1"], [], [b"2", b"3"]]


def test_announcements_wait_as_one_and_travel_with_messages():
    queue = make()
    queue.push(subscription("a"))
    queue.push(rpc(b"1"))
    for number in range(3 * queues.MAX_QUEUED_RPCS):
        assert queue.push(subscription(f"t{number}", on=number % 2 == 0))
    assert len(queue) < 10
    queue.push(rpc(b"2"))

    async def main():
        found = []
        while len(queue):
            found.append(await queue.pop())
        return found

    found = trio.run(main)
    assert [message.data for item in found for message in item.publish] == [b"1", b"2"]
    told = [(option.topicid, option.subscribe) for item in found for option in item.subscriptions]
    assert told == [("a", True), *((f"t{n}", n % 2 == 0) for n in range(3 * queues.MAX_QUEUED_RPCS))]
    assert max(item.ByteSize() for item in found) <= 32 * 1024
    assert queue._bytes == 0


def test_what_was_announced_before_is_not_changed_once_it_is_sent():
    queue = make()
    sent = []

    async def main():
        for topic in ("a", "b"):
            queue.push(subscription(topic))
            sent.append(await queue.pop())

    trio.run(main)
    assert [[option.topicid for option in item.subscriptions] for item in sent] == [["a"], ["b"]]


MEGABYTE = rpc(bytes(1024 * 1024))


def fill(queue):
    taken = 0
    while queue.push(MEGABYTE):
        taken += 1
    return taken


def strangers(count):
    many = [make() for _ in range(count)]
    for queue in many:
        queue.of_member = lambda: False
    return many


def test_members_that_read_nothing_do_not_take_all_memory():
    many = [make() for _ in range(50)]
    taken = [fill(queue) for queue in many]
    assert max(taken) == 31
    assert min(taken) == 6  # each has its share
    assert sum(queue._bytes for queue in many) <= queues.MAX_BYTES_IN_ALL + 50 * queues.SHARE_BYTES
    for queue in many[1:]:
        queue.close()
    assert many[0].push(rpc(b"x"))
    assert fill(make()) == 31


def test_strangers_that_read_nothing_hold_less():
    many = strangers(50)
    taken = [fill(queue) for queue in many]
    assert max(taken) == 31
    assert min(taken) == 2
    assert sum(queue._bytes for queue in many) < 175 * 1024 * 1024


def test_strangers_take_no_place_of_members():
    held = strangers(50)
    for queue in held:
        fill(queue)
    members = [make() for _ in range(4)]
    assert [fill(queue) for queue in members] == [31] * 4


def test_publishers_wait_before_a_message_of_a_member_is_lost():
    others = [make() for _ in range(5)]
    for queue in others:
        fill(queue)
    member = make()
    while not member.crowded:
        assert member.push(MEGABYTE)


def test_a_queue_is_told_whose_it_is_also_when_that_changes():
    members = set()
    waiting = queues.Queues(lambda peer: peer in members)
    waiting["peer"] = queue = make()
    assert not queue.of_member()
    members.add("peer")
    assert queue.of_member()
    assert waiting.pop("peer") is queue


def test_joining_changes_no_rpc_that_stands_in_another_queue():
    one, two = make(), make()
    shared = rpc(b"shared")
    one.push(shared)
    one.push(rpc(b"more"))
    two.push(shared)
    assert drain(one) == [[b"shared", b"more"]]
    assert drain(two) == [[b"shared"]]
    announced = subscription("a")
    one.push(announced)
    two.push(announced)
    one.push(subscription("b"))
    assert [option.topicid for option in announced.subscriptions] == ["a"]
    assert len(one) == len(two) == 1


def test_it_is_bounded_in_number_and_bytes():
    queue = make()
    assert all(queue.push(rpc(b"x")) for _ in range(queues.MAX_QUEUED_RPCS))
    assert not queue.push(rpc(b"x"))
    drain(queue)
    assert queue._bytes == 0
    assert sum(queue.push(MEGABYTE) for _ in range(40)) == 31  # 32 MiB, and a few bytes of framing each
    assert queue.crowded


def test_publishers_wait_until_it_is_no_longer_crowded_or_closed():
    async def main():
        queue = PeerQueue()
        for _ in range(queues.CROWDED_RPCS):
            queue.push(rpc(bytes(40_000)) if queue._bytes < 1_000_000 else rpc(b"x"))
        assert queue.crowded
        passed = []

        async def wait(queue):
            await queue.wait_for_room()
            passed.append(queue)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait, queue)
            await trio.testing.wait_all_tasks_blocked()
            assert passed == []
            await queue.pop()
            await trio.testing.wait_all_tasks_blocked()
            assert passed == [queue]

            other = PeerQueue()
            for _ in range(queues.CROWDED_RPCS):
                other.push(rpc(b"x"))
            nursery.start_soon(wait, other)
            await trio.testing.wait_all_tasks_blocked()
            other.close()
        assert passed == [queue, other]

    trio.run(main)


def test_what_a_full_queue_drops_is_counted_and_what_a_closed_one_refuses_is_not():
    before = queues.drops.messages
    queue = make()
    for _ in range(queues.MAX_QUEUED_RPCS):
        assert queue.push(rpc(b"x"))
    assert queues.drops.messages == before
    assert not queue.push(rpc(b"x", b"y"))
    assert queues.drops.messages == before + 2
    queue.close()
    assert not queue.push(rpc(b"z"))
    assert queues.drops.messages == before + 2


def test_large_messages_are_counted_as_well():
    before = queues.drops.messages
    queue = make()
    large = bytes(1024 * 1024)
    taken = sum(queue.push(rpc(large)) for _ in range(40))
    assert 0 < taken < 40
    assert queues.drops.messages == before + 40 - taken
