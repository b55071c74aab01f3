"""An hour of everything at once: do the processes keep their memory and descriptors?

    make soak [SOAK="--minutes 60 --hosts 3"]

Every gateway has clients that write, read, err, store, listen, define, repeat themselves, hang up and talk nonsense;
one more gateway has those who sign in. Memory (that a process has for itself) and descriptors of gateways and nodes are
read through the run. Ends with 1 when an answer was not as expected, when a process has more descriptors after the load
than before it, or when the memory of the last third is more than that of the middle third by the tolerance.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import psutil

import cluster
from testkit.mixed_load import Clients
from testkit.watched import MIB, Watched

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLENTY = {
    f"{what}_{how}": 1_000_000 for what in ("requests", "sign_in", "failures") for how in ("per_second", "burst")
}
# WebSockets that were just closed, and connections of the pools, go within this time (seconds).
_SETTLING = 60


def _processes(home: str) -> list[Watched]:
    """Return the gateways and nodes of the bench's cluster."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        for kind in ("gateway", "node"):
            config = next((word for word in words if word.startswith(home)), "")
            if config and any(word.endswith((f"debros-{kind}", f"debros.{kind}.main")) for word in words):
                found.append(Watched(f"{kind} {config.removeprefix(home).split('/')[1]}", process))
    return sorted(found, key=lambda watched: watched.name)


async def _load(
    ports: dict[int, bool], key: str, seconds: float, watched: Iterable[Watched], pause: float
) -> Counter[str]:
    """Run all clients; return what was wrong. The value of a port says whether people sign in there."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        table = {"schema": "CREATE TABLE IF NOT EXISTS soak (id INTEGER PRIMARY KEY, name TEXT, at DATETIME)"}
        url = f"http://127.0.0.1:{next(iter(ports))}/v1/rqlite/create-table"
        (await http.post(url, json=table, headers={"X-API-Key": key})).raise_for_status()
    await asyncio.sleep(2)  # until every gateway has heard of it
    end = time.monotonic() + seconds
    clients = [Clients(port, key, seed, sign_ins=signs) for seed, (port, signs) in enumerate(ports.items())]

    async def look() -> None:
        while time.monotonic() < end:
            for one in watched:
                one.look()
            await asyncio.sleep(pause)

    await asyncio.gather(look(), *(one.run(lambda: time.monotonic() > end) for one in clients))
    done = sum((one.seen.done for one in clients), Counter())
    print("rounds: " + ", ".join(f"{count} {name}" for name, count in sorted(done.items())))
    return sum((one.seen.wrong for one in clients), Counter())


def _until_settled(watched: list[Watched], before: dict[str, int]) -> dict[str, int]:
    """Return the descriptors of each process once they are as few as before, or after a minute."""
    deadline = time.monotonic() + _SETTLING
    while True:
        after = {one.name: one.process.num_fds() for one in watched}
        if time.monotonic() > deadline or all(after[name] <= before[name] for name in after):
            return after
        time.sleep(1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--hosts", type=int, choices=(1, 3), default=1)
    parser.add_argument("--port-offset", type=int, default=cluster.PORT_OFFSET)
    given = parser.parse_args()
    os.environ.setdefault("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:
        bench = stack.enter_context(cluster.running(given.hosts, given.port_offset))
        second = stack.enter_context(cluster.gateway(bench, rates=_PLENTY))
        ports = {bench.gateway_port(host): False for host in range(1, given.hosts + 1)} | {second: True}
        watched = _processes(str(bench.home))
        seconds = given.minutes * 60
        warm = asyncio.run(_load(ports, bench.key, min(20.0, seconds / 4), [], 1))  # every client once: pools, caches
        time.sleep(5)
        before = {one.name: one.process.num_fds() for one in watched}
        wrong = warm + asyncio.run(_load(ports, bench.key, seconds, watched, max(seconds / 120, 0.5)))
        after = _until_settled(watched, before)
        bad = [f"{count} x {what}" for what, count in wrong.most_common(20)]
        for one in watched:
            low, high = min(one.memory) / MIB, max(one.memory) / MIB
            said = one.verdict(before[one.name], after[one.name])
            print(f"{one.name}: {low:.1f} to {high:.1f} MiB, descriptors {before[one.name]} to {after[one.name]}")
            bad += [f"{one.name}: {said}"] if said else []
    for line in bad:
        print(f"WRONG {line}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
