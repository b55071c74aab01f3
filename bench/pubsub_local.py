"""Pub/sub within one gateway: rate, deliveries, loss, order and latency for 1, 10 and 50 listening sockets.

python bench/pubsub_local.py [--count 2000]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pubsub_run

if TYPE_CHECKING:
    import cluster


async def _measure(bench: cluster.Cluster, count: int) -> None:
    port = bench.gateway_port()
    print("one gateway; latencies from just before the send to the arrival at a listener")
    print(pubsub_run.COLUMNS)
    for size in (100, 1024):
        for listeners in (1, 10, 50):
            name = f"{listeners} listeners, {size} B, flat out"
            plan = pubsub_run.Plan(name, port, (port,) * listeners, count, size, None)
            print(await pubsub_run.run(plan, bench.key), flush=True)
    plan = pubsub_run.Plan("10 listeners, 1024 B, 100/s", port, (port,) * 10, 500, 1024, 100.0)
    print(await pubsub_run.run(plan, bench.key), flush=True)


if __name__ == "__main__":
    pubsub_run.main(__doc__, 1, _measure)
