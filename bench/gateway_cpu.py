"""Processor time that the gateway spends on a request, beside that of an earlier checkout, as a ratio.

    python bench/gateway_cpu.py [--seconds 3] [--rounds 5] [--clients 1,16,64] [--kinds write,read] [--short]
    git worktree add /tmp/before COMMIT && python bench/gateway_cpu.py --before /tmp/before

Only processor time is shown: neighbours on the machine change it little, and rates a lot. What they do change (caches,
the clock of a core) changes for both sides, which run in turn; the ratio is the median over the rounds. `before` runs
in this environment, so it needs no packages that this checkout does not have.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

import cluster
from cpu import Meter
from http_load import drive
from sides import Side, prepare, sides

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORT = {"seconds": 0.7, "rounds": 2, "clients": "1,64"}


async def _cost(side: Side, meter: Meter, clients: int, seconds: float) -> float:
    """Return the seconds of processor time an answer took in one round."""
    before = meter.seconds()
    load = await drive(side.port, clients, seconds, side.request)
    if load.failures or not load.latencies:
        raise SystemExit(f"{side.name}: {load.failures} of {load.failures + len(load.latencies)} requests failed")
    return (meter.seconds() - before) / len(load.latencies)


async def _row(compared: Sequence[Side], meters: dict[int, Meter], clients: int, options: argparse.Namespace) -> str:
    """Return the medians of the sides in microseconds, and the ratio of the first to the second."""
    for side in compared:  # not counted: warms connections and caches
        await drive(side.port, clients, 0.5, side.request)
    rounds = [
        [await _cost(side, meters[side.port], clients, options.seconds) for side in compared]
        for _ in range(options.rounds)
    ]
    cells = [f"{1e6 * statistics.median(costs):,.0f}" for costs in zip(*rounds, strict=True)]
    if len(compared) > 1:
        cells.append(f"{statistics.median(now / before for now, before in rounds):.2f}")
    return " | ".join(cells)


async def _measure(bench: cluster.Cluster, gateways: dict[str, int], options: argparse.Namespace) -> None:
    await prepare(bench, list(gateways.values()))
    meters = {port: Meter(port) for port in gateways.values()}
    heads = ["", "clients", *(f"{name}, µs" for name in gateways), *(["ratio"] if len(gateways) > 1 else [])]
    print(f"## gateway_cpu: {options.rounds} rounds of {options.seconds:g} s, logging as {options.format}\n")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for kind in options.kinds.split(","):
        _, *compared = sides(kind, bench, gateways)
        for clients in map(int, options.clients.split(",")):
            print(f"| {kind} | {clients} | {await _row(compared, meters, clients, options)} |", flush=True)


def main() -> None:
    """Start a cluster and its gateways, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout to compare with")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", default="1,16,64")
    parser.add_argument("--kinds", default="write,read")
    parser.add_argument("--format", default="console", choices=["console", "json"], help="of the gateways' logs")
    parser.add_argument("--short", action="store_true", help="a quick look instead of a measurement")
    options = parser.parse_args()
    if options.short:
        vars(options).update(_SHORT)
    with cluster.running(1) as bench, contextlib.ExitStack() as stack:
        # One after the other on ports of their own; none is host 1's, so that both are started in the same way.
        logging = {"level": "info", "format": options.format}
        gateways = {"now": stack.enter_context(cluster.gateway(bench, logging=logging))}
        if options.before:
            gateways["before"] = stack.enter_context(cluster.gateway(bench, 1, options.before, logging=logging))
        uvloop.run(_measure(bench, gateways, options))


if __name__ == "__main__":
    main()
