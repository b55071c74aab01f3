"""Honest traffic: numbered messages from one node to others, none of which may be lost, twice or out of order."""

import asyncio
import time

from debros.p2p.client import P2PClient

TOPIC = "ns::endurance::honest"
# Messages ahead of the slowest listener. A relay that is behind drops what it relays; who sends for ever must listen.
_AHEAD = 1000
# Publishes under way at once.
_AT_ONCE = 64
# Seconds without any progress after which messages count as lost; a host that is busy with attacks may be slow.
_PATIENCE = 120.0


class Listener:
    """A program at a node that counts what it hears.

    Attributes:
        heard: messages.
        next: the number that has to come next.
        lost: numbers that were passed over.
        disorder: messages that came again, or after a later one.
        gaps: how often its node's connection was interrupted.
    """

    def __init__(self, socket):
        self.heard = self.next = self.lost = self.disorder = self.gaps = 0
        self.probed = False
        self.client = P2PClient(socket, on_message=self._hear, on_gap=self._gap, name="endurance")

    async def start(self):
        self.client.start()
        await self.client.subscribe(TOPIC)
        return self

    def _hear(self, _topic, data, _publisher):
        number = int.from_bytes(data[:8], "big", signed=True)
        if number < 0:
            self.probed = True
            return
        self.heard += 1
        if number < self.next:
            self.disorder += 1
            return
        self.lost += number - self.next
        self.next = number + 1

    def _gap(self, _seconds, _dropped):
        self.gaps += 1


class Traffic:
    """A publisher and its listeners.

    Args:
        publisher: the socket of the node whose program publishes.
        listeners: sockets of nodes whose programs listen.
        size: bytes of a message, 8 at least.
        rate: messages a second at most; None: as fast as the slowest listener hears them.
    """

    def __init__(self, publisher, listeners, *, size=100, rate=None):
        # A machine that runs other things besides may let its nodes stand still for a minute.
        self._client = P2PClient(publisher, on_message=lambda *_: None, name="endurance", relay_timeout=_PATIENCE)
        self.listeners = [Listener(socket) for socket in listeners]
        self._size = size
        self._interval = _AT_ONCE / rate if rate else 0.0
        self.sent = 0

    async def __aenter__(self):
        """Connect, and wait until each listener hears the publisher."""
        self._client.start()
        for listener in self.listeners:
            await listener.start()
        deadline = time.monotonic() + _PATIENCE
        while not all(listener.probed for listener in self.listeners):
            assert time.monotonic() < deadline, "no honest message comes through"
            await self._client.publish(TOPIC, self._message(-1))
            await asyncio.sleep(0.1)
        return self

    async def __aexit__(self, *_):
        for client in (self._client, *(listener.client for listener in self.listeners)):
            await client.close()

    async def run(self, enough):
        """Send until `enough(sent)`, and wait for the last to be heard; what is not heard is lost."""
        while not enough(self.sent):
            due = time.monotonic() + self._interval
            numbers = range(self.sent, self.sent + _AT_ONCE)
            await asyncio.gather(*(self._client.publish(TOPIC, self._message(number)) for number in numbers))
            self.sent = numbers.stop
            await self._behind_at_most(_AHEAD)
            # What a stall has cost is not made up for: that would be a burst.
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await self._behind_at_most(0)

    def wrong(self):
        """What is wrong, as lines; none when every message was heard once and in order."""
        return [
            f"honest messages of listener {number}: sent {self.sent}, heard {one.heard}, lost {one.lost}, "
            f"disorder {one.disorder}, gaps {one.gaps}"
            for number, one in enumerate(self.listeners)
            if (one.heard, one.lost, one.disorder, one.gaps) != (self.sent, 0, 0, 0)
        ]

    async def _behind_at_most(self, ahead):
        slowest, since = -1, time.monotonic()
        while (now := min(one.next for one in self.listeners)) < self.sent - ahead:
            if now != slowest:
                slowest, since = now, time.monotonic()
            if time.monotonic() - since > _PATIENCE:
                for one in self.listeners:
                    one.lost += self.sent - one.next
                    one.next = self.sent
            await asyncio.sleep(0.01)

    def _message(self, number):
        return number.to_bytes(8, "big", signed=True).ljust(self._size, b".")
