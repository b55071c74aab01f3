"""Who listens to which topic at this gateway. A message fans out here at once, in the order it came.

Being interested in a topic is told to the node once, whatever the number of sockets, and taken back a while after
the last has left: a page that reloads should not make the mesh re-form.
"""

import asyncio
import time
from dataclasses import dataclass, field

from debros import logs
from debros.gateway.pubsub import envelope
from debros.gateway.pubsub.mailbox import Mailbox
from debros.gateway.workers.tally import Tally
from debros.p2p.client import P2PClient
from debros.p2p.protocol import P2PError
from debros.tenants import names

_log = logs.get("debros.gateway.pubsub")


@dataclass(slots=True)
class Counters:
    """What has happened since the start; only ever grows."""

    published: int = 0
    delivered: int = 0
    dropped: int = 0
    closed_slow: int = 0
    not_relayed: int = 0
    gaps: int = 0


@dataclass(slots=True)
class _Topic:
    name: str
    raw: set[Mailbox] = field(default_factory=set)
    enveloped: set[Mailbox] = field(default_factory=set)
    watching: set[Mailbox] = field(default_factory=set)
    minding: set[Mailbox] = field(default_factory=set)
    subscribed: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    linger: asyncio.TimerHandle | None = None

    @property
    def size(self) -> int:
        return len(self.raw) + len(self.enveloped)


class Hub:
    """The topics of this gateway.

    Args:
        p2p: Connection to the node.
        linger: Seconds the node stays subscribed after the last socket of a topic has left.
        subscribe_timeout: Seconds to wait for the node's acknowledgement of a subscription.
        tally: Sockets of all workers of the gateway.
    """

    def __init__(self, p2p: P2PClient, *, linger: float, subscribe_timeout: float, tally: Tally | None = None) -> None:
        self._p2p = p2p
        self._linger = linger
        self._subscribe_timeout = subscribe_timeout
        self._topics: dict[str, _Topic] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.counters = Counters()
        self._sockets = 0
        self._tally = tally or Tally([0])

    @property
    def sockets(self) -> int:
        """How many sockets the gateway has, at all its workers."""
        return self._tally.total()

    async def join(
        self,
        namespace: str,
        topic: str,
        mailbox: Mailbox,
        *,
        enveloped: bool,
        watching: bool = False,
        minding: bool = False,
    ) -> None:
        """Deliver the topic's messages to a mailbox from now on; returns when the node knows of it.

        With the node away the mailbox hears this gateway's publishers now and the others when the node is back. One
        that is `watching` is told as well who comes and goes, and one that is `minding` when messages may be missing.
        """
        wire = names.wire_topic(namespace, topic)
        entry = self._topics.setdefault(wire, _Topic(topic))
        (entry.enveloped if enveloped else entry.raw).add(mailbox)
        if watching:
            entry.watching.add(mailbox)
        if minding:
            entry.minding.add(mailbox)
        self._count(1)
        if entry.linger is not None:
            entry.linger.cancel()
            entry.linger = None
        try:
            async with entry.lock:
                if not entry.subscribed:
                    await self._subscribe(wire)
                    entry.subscribed = True
        except BaseException:
            self.leave(namespace, topic, mailbox)
            raise

    def has_room(self, namespace: str, topic: str, most: int) -> bool:
        """Tell whether the namespace may have a socket on the topic, `most` topics being the limit.

        Topics that the last socket has just left count as well: the node still follows them.
        """
        if names.wire_topic(namespace, topic) in self._topics:
            return True
        scope = names.scope(namespace)
        return sum(wire.startswith(scope) for wire in self._topics) < most

    def leave(self, namespace: str, topic: str, mailbox: Mailbox) -> None:
        """Stop delivering to a mailbox. Harmless when it is not there."""
        wire = names.wire_topic(namespace, topic)
        entry = self._topics.get(wire)
        if entry is None or not (mailbox in entry.raw or mailbox in entry.enveloped):
            return
        entry.raw.discard(mailbox)
        entry.enveloped.discard(mailbox)
        entry.watching.discard(mailbox)
        entry.minding.discard(mailbox)
        self._count(-1)
        self.counters.dropped += mailbox.dropped
        if not entry.size:
            entry.linger = asyncio.get_running_loop().call_later(self._linger, self._expire, wire, entry)

    def fan_out(self, wire: str, data: bytes) -> None:
        """Put a message into every mailbox of its topic. Never waits: this is also the node's message callback."""
        entry = self._topics.get(wire)
        if entry is None:
            return
        self.counters.delivered += entry.size
        for mailbox in entry.raw:
            mailbox.put_nowait(data)
        if entry.enveloped:
            text = envelope.wrap(entry.name, data, int(time.time() * 1000))
            for mailbox in entry.enveloped:
                mailbox.put_nowait(text)

    def tell(self, wire: str, frame: str) -> None:
        """Put a frame into the mailboxes of those who watch a topic. Never waits."""
        entry = self._topics.get(wire)
        for mailbox in entry.watching if entry is not None else ():
            mailbox.put_nowait(frame)

    def tell_gap(self, frame: str) -> None:
        """Put a frame into the mailboxes, of any topic, of those who mind missing messages. Never waits."""
        self.counters.gaps += 1
        for entry in self._topics.values():
            for mailbox in entry.minding:
                mailbox.put_nowait(frame)

    def topics(self, namespace: str) -> dict[str, int]:
        """Return how many sockets listen here to each of a namespace's topics, by their bare names."""
        scope = names.scope(namespace)
        return {entry.name: entry.size for wire, entry in self._topics.items() if entry.size and wire.startswith(scope)}

    async def close(self) -> None:
        """Forget all topics and wait for what is under way."""
        for entry in self._topics.values():
            if entry.linger is not None:
                entry.linger.cancel()
        self._topics.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _count(self, more: int) -> None:
        self._sockets += more
        self._tally.here(self._sockets)

    async def _subscribe(self, wire: str) -> None:
        try:
            async with asyncio.timeout(self._subscribe_timeout):
                await self._p2p.subscribe(wire)
        except TimeoutError:
            # The client has taken a note of the topic and tells the node when it is back.
            _log.warning("the node has not acknowledged a subscription", topic=wire)

    def _expire(self, wire: str, entry: _Topic) -> None:
        task = asyncio.get_running_loop().create_task(self._unsubscribe(wire, entry))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _unsubscribe(self, wire: str, entry: _Topic) -> None:
        async with entry.lock:
            if entry.size:
                return  # somebody came while we waited
            if entry.subscribed:
                entry.subscribed = False
                try:
                    async with asyncio.timeout(self._subscribe_timeout):
                        await self._p2p.unsubscribe(wire)
                except (TimeoutError, P2PError) as error:
                    _log.warning("the node has not ended a subscription", topic=wire, error=str(error))
            if self._empty(wire, entry):
                del self._topics[wire]

    def _empty(self, wire: str, entry: _Topic) -> bool:
        return not entry.size and self._topics.get(wire) is entry
