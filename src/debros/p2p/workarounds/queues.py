"""Outbound pubsub queues: longer, bounded in bytes, and able to say when there is room.

Upstream a queue holds 32 RPCs per peer and drops the rest in silence, whatever their size; `publish()` never waits.
Measured: 984 of a burst of 1,000 messages lost. Here the publisher waits for room (`wait_for_room`), and only what
is relayed for others into a full queue is dropped, and counted in `drops`.

Each topic that is followed or left is an RPC of its own as well. A stranger who follows topics and goes made thousands
of them, which took the places of messages (71,670 of 127,552 lost) and, tried again too often, were given up. Here
those that wait together are one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final
from weakref import WeakSet

import trio
from libp2p.peer.id import ID
from libp2p.pubsub import pubsub
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.rpc_queue import RpcQueue

from debros.p2p.workarounds.patching import replace

# The contract allows payloads of 1 MiB; the rest is signature, key, topic name and framing.
MAX_RPC_BYTES: Final = 1024 * 1024 + 64 * 1024

MAX_QUEUED_RPCS: Final = 2048
MAX_QUEUED_BYTES: Final = 32 * 1024 * 1024
# Publishers wait above this; between it and the maximum there is place for relayed and control messages.
CROWDED_RPCS: Final = 256
CROWDED_BYTES: Final = 4 * 1024 * 1024

# What all queues hold: a few slow peers must not take all memory. Each has its share all the same: more than what
# publishers wait for, or they would lose messages instead of waiting.
MAX_BYTES_IN_ALL: Final = 128 * 1024 * 1024
SHARE_BYTES: Final = CROWDED_BYTES + 2 * MAX_RPC_BYTES
# The same of peers that are not of the cluster, of which there may be many that read nothing: they take no place of
# members', and fifty of them hold 170 MiB at most.
STRANGERS_BYTES_IN_ALL: Final = 64 * 1024 * 1024
STRANGERS_SHARE_BYTES: Final = 2 * MAX_RPC_BYTES

# Small messages that wait together travel in one RPC: one yamux frame, one Noise frame, one parse. Announcements with
# them: they are independent of messages, and stay in order among themselves.
_BATCH_BYTES: Final = 32 * 1024


@dataclass(slots=True)
class Drops:
    """What peers have lost because they were too slow for this process.

    Attributes:
        messages: messages, each counted once for every peer that did not get it; only ever grows.
    """

    messages: int = 0


drops: Final = Drops()


class PeerQueue(RpcQueue):
    """What waits to be sent to one peer.

    Attributes:
        of_member: whether the peer is of the cluster now; `Queues` sets it.
    """

    _all: ClassVar[WeakSet["PeerQueue"]] = WeakSet()

    def __init__(self) -> None:
        super().__init__(max_size=MAX_QUEUED_RPCS, max_message_size=MAX_RPC_BYTES)
        self.of_member: Callable[[], bool] = lambda: True
        self._bytes = 0
        self._room = trio.Event()
        self._announcements: rpc_pb2.RPC | None = None  # those pushed last, joined; perhaps sent already
        PeerQueue._all.add(self)

    @property
    def crowded(self) -> bool:
        """Whether publishers should wait."""
        return len(self) >= CROWDED_RPCS or self._bytes >= CROWDED_BYTES

    async def wait_for_room(self) -> None:
        """Wait until the queue is no longer crowded, or closed."""
        while self.crowded and not self.closed:
            await self._room.wait()

    def push(self, rpc: rpc_pb2.RPC, priority: bool = False) -> bool:  # noqa: FBT001, FBT002 - upstream's signature
        """Enqueue `rpc`; False when the queue is full or closed."""
        if self.closed:
            return False  # and nobody is there to miss it
        size = rpc.ByteSize()
        if self._has_room(size):
            if self._joined_last(rpc, size):
                return True
            if self._enqueued(rpc, priority=priority):
                self._bytes += size
                return True
        drops.messages += len(rpc.publish)
        return False

    async def pop(self) -> rpc_pb2.RPC | None:
        """Wait for the next RPC, joined with the small ones behind it; None once closed."""
        first = await super().pop()
        if first is None:
            return None
        self._bytes -= first.ByteSize()
        batch = first if first.HasField("control") else self._join(first)
        if not self.crowded:
            self._room.set()
            self._room = trio.Event()
        return batch

    def close(self) -> None:
        """Tell the sender and waiting publishers that the peer is gone."""
        super().close()
        PeerQueue._all.discard(self)
        self._room.set()

    def _has_room(self, size: int) -> bool:
        total = self._bytes + size
        if total <= STRANGERS_SHARE_BYTES or total > MAX_QUEUED_BYTES:
            return total <= STRANGERS_SHARE_BYTES
        member = self.of_member()
        share, in_all = (SHARE_BYTES, MAX_BYTES_IN_ALL) if member else (STRANGERS_SHARE_BYTES, STRANGERS_BYTES_IN_ALL)
        return total <= share or size + _held(member=member) <= in_all

    def _joined_last(self, rpc: rpc_pb2.RPC, size: int) -> bool:
        waiting, last = self._queue._non_priority, self._announcements  # noqa: SLF001 - upstream offers no way to look
        if not _only_announces(rpc) or last is None or not waiting or waiting[-1] is not last:
            return False
        if (before := last.ByteSize()) + size > _BATCH_BYTES:
            return False
        last.MergeFrom(rpc)
        self._bytes += last.ByteSize() - before  # not `size`: what both say is there once
        return True

    def _enqueued(self, rpc: rpc_pb2.RPC, *, priority: bool) -> bool:
        if priority or not _only_announces(rpc):
            return super().push(rpc, priority)
        self._announcements = rpc_pb2.RPC()  # `rpc` stands in other peers' queues too
        self._announcements.MergeFrom(rpc)
        return super().push(self._announcements)

    def _join(self, first: rpc_pb2.RPC) -> rpc_pb2.RPC:
        size = first.ByteSize()
        waiting = self._queue._non_priority  # noqa: SLF001 - upstream offers no way to look ahead
        batch = first
        while waiting and not waiting[0].HasField("control") and size + (more := waiting[0].ByteSize()) <= _BATCH_BYTES:
            if batch is first:
                batch = rpc_pb2.RPC()  # `first` may stand in other peers' queues too
                batch.MergeFrom(first)
            batch.MergeFrom(waiting.popleft())
            size += more
            self._bytes -= more
        return batch


class Queues(dict[ID, RpcQueue]):
    """The queues by peer; each is told here whose it is, since upstream makes it without the peer."""

    def __init__(self, is_member: Callable[[ID], bool]) -> None:
        super().__init__()
        self._is_member = is_member

    def __setitem__(self, peer: ID, queue: RpcQueue) -> None:
        """Note a peer's queue."""
        if isinstance(queue, PeerQueue):
            queue.of_member = partial(self._is_member, peer)
        super().__setitem__(peer, queue)


def _held(*, member: bool) -> int:
    """Return the bytes in the queues of all members, or of all strangers."""
    return sum(queue._bytes for queue in PeerQueue._all if queue.of_member() == member)  # noqa: SLF001 - of its own kind


def _only_announces(rpc: rpc_pb2.RPC) -> bool:
    return bool(rpc.subscriptions) and not rpc.publish and not rpc.HasField("control")


def apply() -> None:
    """Make pubsub use these queues."""
    replace(pubsub, "RpcQueue", PeerQueue)
