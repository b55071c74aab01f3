"""Publishers and subscribers over the gateway's WebSocket: what was sent and heard, when, and in which order."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import struct
import time
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect

HEADER = struct.Struct("!IId")  # publisher, sequence number, CLOCK_MONOTONIC seconds (one machine, so one clock)


@dataclass
class Heard:
    """What one subscriber received: latencies in seconds, and the sequence numbers per publisher in arrival order."""

    latencies: list[float] = field(default_factory=list)
    sequences: dict[int, list[int]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Messages received."""
        return len(self.latencies)

    @property
    def disorder(self) -> int:
        """How often a sequence number did not follow a smaller one of the same publisher."""
        return sum(later <= earlier for seen in self.sequences.values() for earlier, later in itertools.pairwise(seen))


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` (0..1) of `values` do not exceed, in milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


async def open_socket(port: int, key: str, topic: str) -> ClientConnection:
    """Open a subscription at the gateway on 127.0.0.1:`port`."""
    return await open_socket_at(f"127.0.0.1:{port}", key, topic)


async def open_socket_at(address: str, key: str, topic: str, queue: int | None = None) -> ClientConnection:
    """Open a subscription at a gateway (`host:port`); with `queue` messages that nobody has taken it stops to read."""
    url = f"ws://{address}/v1/pubsub/ws?topic={topic}"
    headers = {"X-API-Key": key}
    return await connect(url, additional_headers=headers, compression=None, max_queue=queue, max_size=None, proxy=None)


async def listen(socket: ClientConnection, heard: Heard) -> None:
    """Read until cancelled or closed."""
    with contextlib.suppress(asyncio.CancelledError):
        async for frame in socket:
            assert isinstance(frame, bytes)
            publisher, sequence, sent = HEADER.unpack_from(frame)
            heard.latencies.append(time.monotonic() - sent)
            heard.sequences.setdefault(publisher, []).append(sequence)


async def publish(socket: ClientConnection, publisher: int, count: int, size: int, rate: float | None) -> float:
    """Send `count` messages of `size` bytes at `rate` a second (None: flat out); return the seconds it took."""
    padding = bytes(size - HEADER.size)
    begin = time.monotonic()
    for sequence in range(count):
        if rate is not None:
            late = begin + sequence / rate - time.monotonic()
            if late > 0:
                await asyncio.sleep(late)
        await socket.send(HEADER.pack(publisher, sequence, time.monotonic()) + padding)
    return time.monotonic() - begin


async def settle(listeners: list[Heard], expected: int, quiet: float = 3.0) -> None:
    """Wait until every listener has `expected` messages, or nothing has arrived for `quiet` seconds."""
    last, since = -1, time.monotonic()
    while any(h.count < expected for h in listeners):
        total = sum(h.count for h in listeners)
        if total != last:
            last, since = total, time.monotonic()
        elif time.monotonic() - since > quiet:
            return
        await asyncio.sleep(0.02)
