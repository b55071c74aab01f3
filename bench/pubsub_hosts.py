"""Pub/sub between three hosts: published at gateway 1, heard at gateways 2 and 3; rate, loss, order and latency.

python bench/pubsub_hosts.py [--count 2000]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pubsub_run

if TYPE_CHECKING:
    import cluster


async def _measure(bench: cluster.Cluster, count: int) -> None:
    here, there = bench.gateway_port(1), (bench.gateway_port(2), bench.gateway_port(3))
    print("three hosts on one machine; latencies from just before the send to the arrival at a listener")
    print(pubsub_run.COLUMNS)
    for plan in (
        pubsub_run.Plan("1 -> 3, 1024 B, 100/s", here, there[1:], 1000, 1024, 100.0),
        pubsub_run.Plan("1 -> 2 and 3, 1024 B, 100/s", here, there, 1000, 1024, 100.0),
        pubsub_run.Plan("1 -> 2 and 3, 100 B, flat out", here, there, count, 100, None),
        pubsub_run.Plan("1 -> 2 and 3, 1024 B, flat out", here, there, count, 1024, None),
        pubsub_run.Plan("1 -> 2 and 3, 10 KiB, flat out", here, there, count // 2, 10240, None),
    ):
        print(await pubsub_run.run(plan, bench.key), flush=True)


if __name__ == "__main__":
    pubsub_run.main(__doc__, 3, _measure)
