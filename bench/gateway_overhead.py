"""The same statement direct to rqlited and through the gateway, with and without group commit, as ratios.

    python bench/gateway_overhead.py [--hosts 1] [--seconds 4] [--rounds 3] [--clients 1,16,64,256] [--kinds write,read]
                                     [--workers N]

With --workers a third gateway, of that many processes, is a side as well.

The sides run in turn (direct, grouped, single, direct …) so that a neighbour on the machine slows all; the first table
shows the median round of each. Everything, this generator included, shares the machine's cores. The second table is
processor time, which neighbours hardly change.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import uvloop

import cluster
from cpu import Meter
from http_load import Load, drive
from sides import Side, prepare, sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_SIDES = ("direct", "grouped", "single", "workers")
_RATES = [
    "",
    "clients",
    *(f"{side} {what}" for side in _SIDES for what in ("/s", "p50", "p99")),
    "to direct",
    "to single",
    "workers to grouped",
]
_COSTS = [
    "",
    "clients",
    "direct: rqlited",
    *(f"{side}: {what}" for side in _SIDES[1:] for what in ("gateway", "rqlited")),
]


@dataclass
class Seen:
    """What one side's rounds showed: the loads, and the processor time of the gateway and of rqlited, seconds."""

    loads: list[Load] = field(default_factory=list)
    gateway: float = 0.0
    rqlited: float = 0.0

    def median(self, figure: Callable[[Load], float]) -> float:
        """Return the median over the rounds."""
        return statistics.median(figure(load) for load in self.loads)

    def each(self, seconds: float) -> str:
        """Return processor time as microseconds an answer."""
        return f"{1e6 * seconds / sum(len(load.latencies) for load in self.loads):,.0f}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rates(seen: dict[str, Seen]) -> list[str]:
    """Return the rates and latencies of one row, and the ratios round by round."""

    def ratio(side: str, other: str) -> str:
        if other not in seen or side not in seen:
            return ""
        pairs = zip(seen[side].loads, seen[other].loads, strict=True)
        return f"{statistics.median(one.rate / two.rate for one, two in pairs):.2f}"

    cells = []
    for side in _SIDES:
        if side in seen:
            cells.append(f"{seen[side].median(lambda load: load.rate):,.0f}")
            cells += [f"{1000 * seen[side].median(lambda load, p=p: load.percentile(p)):.2f}" for p in (0.5, 0.99)]  # type: ignore[misc]  # mypy infers no lambda with a default
        else:
            cells += ["", "", ""]
    failed = sum(load.failures for side in seen.values() for load in side.loads)
    return [*cells, ratio("grouped", "direct"), ratio("grouped", "single"), ratio("workers", "grouped"), f"{failed}"]


def _costs(seen: dict[str, Seen]) -> list[str]:
    cells = [seen["direct"].each(seen["direct"].rqlited)]
    for side in _SIDES[1:]:
        cells += (
            [seen[side].each(seen[side].gateway), seen[side].each(seen[side].rqlited)] if side in seen else ["", ""]
        )
    return cells


async def _compare(
    clients: int, compared: Sequence[Side], meters: dict[int, Meter], options: argparse.Namespace
) -> dict[str, Seen]:
    seen = {side.name: Seen() for side in compared}
    rqlited = meters[compared[0].port]
    for side in compared:  # not counted: warms connections and caches
        await drive(side.port, clients, 0.5, side.request)
    for _ in range(options.rounds):
        for side in compared:
            before = meters[side.port].seconds(), rqlited.seconds()
            seen[side.name].loads.append(await drive(side.port, clients, options.seconds, side.request))
            seen[side.name].gateway += meters[side.port].seconds() - before[0]
            seen[side.name].rqlited += rqlited.seconds() - before[1]
    return seen


async def _measure(bench: cluster.Cluster, single: int, workers: int | None, options: argparse.Namespace) -> None:
    gateways = {"grouped": bench.gateway_port(), "single": single}
    gateways |= {"workers": workers} if workers else {}
    await prepare(bench, list(gateways.values()))
    meters = {port: Meter(port) for port in (bench.rqlite_port(), *gateways.values())}
    print(f"## gateway_overhead: {bench.hosts} host(s), {options.rounds} rounds of {options.seconds:g} s\n")
    print(f"{_line([*_RATES, 'failed'])}\n|{'---|' * (len(_RATES) + 1)}")
    costs = []
    for kind in options.kinds.split(","):
        # Reads go the same way in both gateways.
        asked = {name: port for name, port in gateways.items() if kind == "write" or name != "single"}
        for clients in map(int, options.clients.split(",")):
            seen = await _compare(clients, sides(kind, bench, asked), meters, options)
            print(_line([kind, f"{clients}", *_rates(seen)]), flush=True)
            costs.append(_line([kind, f"{clients}", *_costs(seen)]))
    print(f"\nProcessor time, microseconds an answer, of host 1:\n\n{_line(_COSTS)}\n|{'---|' * len(_COSTS)}")
    print("\n".join(costs))


def main() -> None:
    """Start a cluster and a second gateway, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", default="1,16,64,256")
    parser.add_argument("--kinds", default="write,read")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        bench = stack.enter_context(cluster.running(options.hosts))
        single = stack.enter_context(cluster.gateway(bench, writes={"group_commit": False}))
        workers = None
        if options.workers > 1:
            workers = stack.enter_context(cluster.gateway(bench, 1, workers=options.workers, metrics_addr=""))
        uvloop.run(_measure(bench, single, workers, options))


if __name__ == "__main__":
    main()
