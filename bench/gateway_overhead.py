"""The same statement direct to rqlited and through the gateway: 1, 16 and 64 clients, side by side, as a ratio.

    python bench/gateway_overhead.py [--hosts 1] [--seconds 4] [--rounds 3]

The two sides run in turn (direct, gateway, direct, gateway …) so that a neighbour on the machine slows both; the table
shows the median round of each. Everything, this generator included, shares the machine's cores.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from typing import TYPE_CHECKING

import orjson
import uvloop

import cluster
from http_load import Load, drive, post

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = (1, 16, 64)
INSERT = "INSERT INTO bench(name, value) VALUES(?, ?)"
SELECT = "SELECT id, name, value FROM bench WHERE id = ?"


def _sides(key: str) -> dict[str, dict[str, Callable[[], bytes]]]:
    """Return, per kind of statement, the request makers of both sides."""
    counter = itertools.count(1)

    def args(kind: str) -> list[object]:
        n = next(counter)
        return [f"name-{n}", n] if kind == "write" else [1 + n % 100]

    def direct(kind: str, sql: str, path: str) -> Callable[[], bytes]:
        return lambda: post(path, orjson.dumps([[sql, *args(kind)]]), {})

    def gateway(kind: str, sql: str, path: str) -> Callable[[], bytes]:
        return lambda: post(path, orjson.dumps({"sql": sql, "args": args(kind)}), {"X-API-Key": key})

    return {
        "write": {
            "direct": direct("write", INSERT, "/db/execute"),
            "gateway": gateway("write", INSERT, "/v1/rqlite/exec"),
        },
        "read": {
            "direct": direct("read", SELECT, "/db/query?level=weak"),
            "gateway": gateway("read", SELECT, "/v1/rqlite/query?shape=rows"),
        },
    }


async def _prepare(bench: cluster.Cluster) -> None:
    """Create the table through the gateway and put 100 rows in for the reads."""
    create = {"schema": "CREATE TABLE IF NOT EXISTS bench(id INTEGER PRIMARY KEY, name TEXT, value INTEGER)"}
    rows = {"statements": [f"INSERT INTO bench(name, value) VALUES('row', {n})" for n in range(100)]}
    for path, body in (("/v1/rqlite/create-table", create), ("/v1/rqlite/transaction", rows)):
        request = post(path, orjson.dumps(body), {"X-API-Key": bench.key})
        load = await drive(bench.gateway_port(), 1, 0, lambda request=request: request)  # type: ignore[misc]
        if load.failures:
            raise SystemExit(f"the gateway refused {path}")


def _row(kind: str, clients: int, rounds: dict[str, list[Load]]) -> str:
    """Return one line of the table: medians over the rounds, and the ratio of the rates round by round."""

    def median(side: str, figure: Callable[[Load], float]) -> float:
        return statistics.median(figure(load) for load in rounds[side])

    ratio = statistics.median(g.rate / d.rate for d, g in zip(rounds["direct"], rounds["gateway"], strict=True))
    cells = [
        f"{median(side, lambda load: load.rate):>10.0f}"
        f"{1000 * median(side, lambda load: load.percentile(0.5)):>9.2f}"
        f"{1000 * median(side, lambda load: load.percentile(0.99)):>9.2f}"
        for side in ("direct", "gateway")
    ]
    failures = sum(load.failures for loads in rounds.values() for load in loads)
    return f"{kind:<6}{clients:>8} " + " ".join(cells) + f"{ratio:>8.2f}{failures:>8}"


async def _measure(bench: cluster.Cluster, seconds: float, rounds: int) -> None:
    await _prepare(bench)
    print(f"hosts={bench.hosts}; per side: answers/s, p50 ms, p99 ms; ratio = gateway / direct")
    print("kind   clients    direct      p50      p99    gateway      p50      p99   ratio  failed")
    ports = {"direct": bench.rqlite_port(), "gateway": bench.gateway_port()}
    for kind, sides in _sides(bench.key).items():
        for clients in CLIENTS:
            seen: dict[str, list[Load]] = {"direct": [], "gateway": []}
            for side, request in sides.items():  # not counted: warms connections and caches
                await drive(ports[side], clients, 0.5, request)
            for _ in range(rounds):
                for side, request in sides.items():
                    seen[side].append(await drive(ports[side], clients, seconds, request))
            print(_row(kind, clients, seen), flush=True)


def main() -> None:
    """Start a cluster, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with cluster.running(options.hosts) as bench:
        uvloop.run(_measure(bench, options.seconds, options.rounds))


if __name__ == "__main__":
    main()
