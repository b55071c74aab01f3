"""One measured run of pub/sub: sockets in, messages through, a line of figures out."""

from __future__ import annotations

import argparse
import asyncio
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import uvloop

import cluster
from ws_load import Heard, listen, open_socket, percentile, publish, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

Measure: TypeAlias = "Callable[[cluster.Cluster, int], Coroutine[Any, Any, None]]"
COLUMNS = "run                                offered/s  deliveries/s      lost  disorder   p50 ms   p99 ms"


@dataclass(frozen=True)
class Plan:
    """Where to publish, where to listen (gateway ports), how many messages of how many bytes, at which rate."""

    name: str
    publish_at: int
    listen_at: tuple[int, ...]
    count: int
    size: int
    rate: float | None


async def run(plan: Plan, key: str) -> str:
    """Carry out `plan` and return its line of the table."""
    topic = f"bench-{uuid.uuid4().hex[:12]}"
    heard = [Heard() for _ in plan.listen_at]
    sockets = [await open_socket(port, key, topic) for port in plan.listen_at]
    readers = [asyncio.create_task(listen(s, h)) for s, h in zip(sockets, heard, strict=True)]
    sender = await open_socket(plan.publish_at, key, topic)
    echo = Heard()
    readers.append(asyncio.create_task(listen(sender, echo)))
    await asyncio.sleep(2.0)  # let the meshes form: this bench measures the flow, not the start of it
    begin = time.monotonic()
    sending = await publish(sender, 1, plan.count, plan.size, plan.rate)
    await settle([*heard, echo], plan.count)
    elapsed = time.monotonic() - begin
    for reader in readers:
        reader.cancel()
    for socket in [*sockets, sender]:
        await socket.close()
    latencies = [value for h in heard for value in h.latencies]
    lost = sum(plan.count - h.count for h in heard)
    return (
        f"{plan.name:<36}{plan.count / sending:>8.0f}{len(latencies) / elapsed:>14.0f}{lost:>10}"
        f"{sum(h.disorder for h in heard):>10}{percentile(latencies, 0.5):>9.2f}{percentile(latencies, 0.99):>9.2f}"
    )


def main(
    description: str | None, hosts: int, measure: Callable[[cluster.Cluster, int], Coroutine[Any, Any, None]]
) -> None:
    """Read the options, start `hosts` hosts, measure with `--count` messages a run."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    options = parser.parse_args()
    with cluster.running(hosts) as bench:
        uvloop.run(measure(bench, options.count))
