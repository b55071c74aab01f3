"""Peers that come and go: `python -m testkit.endurance.visitors ADDRESS --count N --at-once K --seed S`.

Each one is a libp2p host with a key of its own. Some say goodbye, some drop the line. Tells what it does in lines of
JSON on standard output, {"done": …, "refused": …, "deaf": …}, and ends with its standard input.
"""

import argparse
import json
import logging
import random
import sys

import trio

from debros.identity import Identity
from debros.p2p import workarounds

workarounds.apply_all()

from debros.p2p.network import Network  # noqa: E402 - after the workarounds
from debros.p2p.protocol import P2PError  # noqa: E402 - see above
from testkit.endurance.parent import until_parent_ends  # noqa: E402 - see above

# Seconds for one visit, the machine being busy.
_PATIENCE = 60.0


class Visitors:
    """Visits to one node.

    Args:
        address: the node's multiaddr.
        topic: what each visitor has to hear before it goes; "": it goes once it is connected.
        seed: of the keys and of who says goodbye.
    """

    def __init__(self, address, *, topic="", seed=0):
        self._address = address
        self._topic = topic
        self._random = random.Random(seed)
        self.done = self.refused = self.deaf = 0

    async def run(self, count, at_once):
        """Make `count` visits, so many at a time."""
        left = iter(range(count))
        async with trio.open_nursery() as nursery:
            for _ in range(at_once):
                nursery.start_soon(self._visit_all, left)

    async def _visit_all(self, left):
        for _ in left:
            await self._visit()
            self.done += 1
            if self.done % 10 == 0:
                self.tell()

    async def _visit(self):
        visitor = Network(Identity.from_seed(self._random.randbytes(32)), relay=False)
        heard = trio.Event()
        visitor.on_message = lambda *_: heard.set()
        async with visitor.run():
            with trio.move_on_after(_PATIENCE) as waiting:
                try:
                    await visitor.connect(self._address)
                    if self._topic:
                        await visitor.follow(self._topic)
                        await heard.wait()
                    elif not visitor.peer_count():
                        self.refused += 1
                except P2PError:
                    self.refused += 1
            self.deaf += waiting.cancelled_caught
            if self._random.random() < 0.5:
                await _drop_the_line(visitor)

    def tell(self):
        sys.stdout.write(json.dumps({"done": self.done, "refused": self.refused, "deaf": self.deaf}) + "\n")
        sys.stdout.flush()


async def _drop_the_line(visitor):
    """End the connections below libp2p, so that nobody says goodbye."""
    for conn in visitor._host._network.get_connections():
        await conn.muxed_conn.secured_conn.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--topic", default="")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    logging.disable()  # what libp2p says of connections that we end, or have ended, is no finding
    visitors = Visitors(given.address, topic=given.topic, seed=given.seed)
    trio.run(until_parent_ends, visitors.run, given.count, given.at_once)
    visitors.tell()


if __name__ == "__main__":
    main()
