"""Three nodes that all know each other: what a link between two had in its queue when it was cut comes by the third.

It is what nodes pass on messages for that their peers have from the publisher itself.
"""

from contextlib import AsyncExitStack

import trio

from debros.p2p import workarounds

workarounds.apply_all()

from debros.p2p.network import Listener, Network  # noqa: E402 - after the workarounds
from testkit.networks import eventually, identity  # noqa: E402 - see above

TOPIC = "ns::shop::orders"
# Fewer than publishers wait for: those before stand in the queues when the link goes.
BEFORE, AFTER = 200, 200


async def start(stack, nodes, note):
    """Start a node that is connected to `nodes`, and notes the numbers it hears."""
    node = Network(identity(), listen=["/ip4/127.0.0.1/tcp/0"])
    await stack.enter_async_context(node.run())
    for other in nodes:
        await node.connect(other.addresses()[0])
    hear = lambda _publisher, data: note.append(int.from_bytes(data, "big"))  # noqa: E731 - a listener's part
    await node.listen(TOPIC, Listener(lambda *_: True, hear, lambda: None))
    nodes.append(node)


def test_a_link_that_is_cut_costs_no_message():
    async def main():
        nodes, notes = [], ([], [], [])
        async with AsyncExitStack() as stack:
            for note in notes:
                await start(stack, nodes, note)
            await eventually(lambda: all(len(node._pubsub._router.mesh.get(TOPIC, ())) == 2 for node in nodes))
            publisher, _, far = nodes
            for number in range(BEFORE):
                await publisher.publish(TOPIC, number.to_bytes(2, "big"))
            directly = len(notes[2])
            await publisher.disconnect(far.peer_id)
            for number in range(BEFORE, BEFORE + AFTER):
                await publisher.publish(TOPIC, number.to_bytes(2, "big"))
            await eventually(lambda: all(len(note) >= BEFORE + AFTER for note in notes[1:]))
        assert directly < BEFORE, "nothing was in the queue: the test proves nothing"
        assert notes[1:] == (list(range(BEFORE + AFTER)),) * 2

    trio.run(main)
