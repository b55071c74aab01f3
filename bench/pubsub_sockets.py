"""Many WebSockets at one gateway: what each costs in memory, and how late messages are.

python bench/pubsub_sockets.py [--sockets 2000] [--topics 200] [--seconds 60] [--rate 200]

The sockets are spread over the topics; `--rate` messages of 1 KiB a second go to one topic after the other, over one
more socket each. Memory is what the gateway's process has for itself (USS), before the first socket and with all open.
Exits with 1 when a message was lost or came out of order.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING

import psutil
import uvloop

import cluster
import cpu
from ws_load import HEADER, Heard, listen, open_socket, percentile, settle

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_SIZE = 1024
_AT_ONCE = 50  # sockets that are opened side by side
_KIB = 1024


async def _open(port: int, key: str, topics: list[str]) -> list[ClientConnection]:
    opened = []
    for start in range(0, len(topics), _AT_ONCE):
        some = topics[start : start + _AT_ONCE]
        opened += await asyncio.gather(*(open_socket(port, key, topic) for topic in some))
    return opened


async def _send(senders: list[ClientConnection], count: int, rate: float) -> float:
    """Send to each topic in turn; return the seconds it took."""
    padding = bytes(_SIZE - HEADER.size)
    begin = time.monotonic()
    for number in range(count):
        late = begin + number / rate - time.monotonic()
        if late > 0:
            await asyncio.sleep(late)
        place, sequence = number % len(senders), number // len(senders)
        await senders[place].send(HEADER.pack(place, sequence, time.monotonic()) + padding)
    return time.monotonic() - begin


async def _measure(bench: cluster.Cluster, given: argparse.Namespace) -> bool:
    port = bench.gateway_port()
    meter = cpu.Meter(port)
    topics = [f"room-{number}" for number in range(given.topics)]
    for socket in await _open(port, bench.key, topics[:1]):  # what the first one brings along is nobody's cost
        await socket.close()
    before = meter.memory()
    began = time.monotonic()
    sockets = await _open(port, bench.key, [topics[number % given.topics] for number in range(given.sockets)])
    opening = time.monotonic() - began
    idle = (meter.memory() - before) / given.sockets
    heard = [Heard() for _ in sockets]
    readers = [asyncio.create_task(listen(s, h)) for s, h in zip(sockets, heard, strict=True)]
    senders = await _open(port, bench.key, topics)
    readers += [asyncio.create_task(listen(sender, Heard())) for sender in senders]
    each = given.rate * given.seconds // given.topics
    spent = meter.seconds()
    took = await _send(senders, each * given.topics, float(given.rate))
    await settle(heard, each)
    spent = meter.seconds() - spent
    busy = (meter.memory() - before) / (given.sockets + given.topics)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*(socket.close() for socket in [*sockets, *senders]))
    latencies = [value for h in heard for value in h.latencies]
    lost, disorder = each * given.sockets - len(latencies), sum(h.disorder for h in heard)
    print(f"{given.sockets} sockets over {given.topics} topics, opened at {given.sockets / opening:.0f} a second")
    print(f"memory a socket: {idle / _KIB:.1f} KiB idle, {busy / _KIB:.1f} KiB after the messages")
    print(
        f"{len(latencies) / took:.0f} deliveries/s, {1e6 * spent / len(latencies):.0f} µs of processor time each; "
        f"lost {lost}, out of order {disorder}; p50 {percentile(latencies, 0.5):.2f} ms, "
        f"p99 {percentile(latencies, 0.99):.2f} ms"
    )
    return not lost and not disorder


def main() -> int:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=2000)
    parser.add_argument("--topics", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=200)
    given = parser.parse_args()
    os.environ["NO_PROXY"] = "*"
    _, most = psutil.Process().rlimit(psutil.RLIMIT_NOFILE)
    psutil.Process().rlimit(psutil.RLIMIT_NOFILE, (most, most))
    with cluster.running(1) as bench:
        return 0 if uvloop.run(_measure(bench, given)) else 1


if __name__ == "__main__":
    sys.exit(main())
