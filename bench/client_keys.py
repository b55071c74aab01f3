"""The client library beside bare aiohttp, with and without Idempotency-Keys, as ratios to the bare one.

    python bench/client_keys.py [--seconds 3] [--rounds 3] [--callers 1,16]

The sides run in turn, so that a neighbour on the machine slows all; each cell is the median of its rounds. Everything,
callers included, shares the machine's cores; the processor time of this process alone, which neighbours hardly change,
is what the library costs. What a key costs is its own commit, where bare writes share one.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import orjson

import cluster
from debros.client import NetworkClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Call = Callable[[], Awaitable[object]]

TABLE = "CREATE TABLE IF NOT EXISTS bench(id INTEGER PRIMARY KEY, name TEXT)"
INSERT = "INSERT INTO bench(name) VALUES(?)"
SELECT = "SELECT name FROM bench WHERE id = ?"


@dataclass(frozen=True)
class Round:
    """Answers a second, and processor time of this process in microseconds an answer."""

    rate: float
    cost: float


async def drive(call: Call, callers: int, seconds: float) -> Round:
    """Let so many callers ask, each again at once."""
    began = time.process_time()
    end = time.monotonic() + seconds

    async def ask() -> int:
        done = 0
        while time.monotonic() < end:
            await call()
            done += 1
        return done

    answers = sum(await asyncio.gather(*(ask() for _ in range(callers))))
    return Round(answers / seconds, 1e6 * (time.process_time() - began) / answers)


def sides(session: aiohttp.ClientSession, client: NetworkClient, url: str) -> dict[str, dict[str, Call]]:
    """Return the sides of each kind; the first is what the others are compared with."""

    async def bare(path: str, sql: str, value: object) -> object:
        body = orjson.dumps({"sql": sql, "args": [value]})
        async with session.post(url + path, data=body, headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == 200, await answer.text()
            return orjson.loads(await answer.read())

    return {
        "read": {
            "aiohttp": lambda: bare("/v1/rqlite/query?shape=rows", SELECT, 1),
            "client": lambda: client.database.query(SELECT, [1]),
        },
        "write": {
            "aiohttp": lambda: bare("/v1/rqlite/exec", INSERT, "x"),
            "client": lambda: client.database.exec(INSERT, ["x"], idempotency=False),
            "client, keys": lambda: client.database.exec(INSERT, ["x"]),
        },
    }


async def measure(url: str, key: str, callers: list[int], rounds: int, seconds: float) -> None:
    """Print a line for each kind, number of callers and side."""
    print("| | callers | side | answers/s | ratio | processor, µs an answer | ratio |")
    print("|---|---|---|---|---|---|---|")
    async with (
        aiohttp.ClientSession(headers={"X-API-Key": key}) as session,
        NetworkClient(url, auth=key) as client,
    ):
        await client.database.create_table(TABLE)
        await client.database.exec(INSERT, ["first"])
        for kind, calls in sides(session, client, url).items():
            for number in callers:
                seen: dict[str, list[Round]] = {name: [] for name in calls}
                for _ in range(rounds):
                    for name, call in calls.items():
                        seen[name].append(await drive(call, number, seconds))
                first = _median(next(iter(seen.values())))
                for name, found in seen.items():
                    one = _median(found)
                    rates = f"{one.rate:,.0f} | {one.rate / first.rate:.2f}"
                    costs = f"{one.cost:,.0f} | {one.cost / first.cost:.2f}"
                    print(f"| {kind} | {number} | {name} | {rates} | {costs} |", flush=True)


def _median(rounds: list[Round]) -> Round:
    return Round(statistics.median(one.rate for one in rounds), statistics.median(one.cost for one in rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--callers", default="1,16")
    given = parser.parse_args()
    callers = [int(number) for number in given.callers.split(",")]
    with cluster.running(1) as bench:
        url = f"http://127.0.0.1:{bench.gateway_port()}"
        asyncio.run(measure(url, bench.key, callers, given.rounds, given.seconds))


if __name__ == "__main__":
    main()
