"""Pub/sub at a steady rate for minutes: published at each gateway in turn, heard at all, beside sockets that read not.

python bench/pubsub_sustained.py [--rate 1000] [--size 1024] [--seconds 300] [--sockets 2]
                                 [--gateways 10.77.0.11:6001,… --key-file FILE]

Without --gateways it starts three hosts on this machine's loopback. With them it measures a cluster that runs, such as
hosts of tests/hosts/bed (docs/testing.md), whose addresses are reached from this machine. Exits with 1 when a message
was lost or came out of order.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import uuid
from pathlib import Path

import httpx
import uvloop
from websockets.exceptions import ConnectionClosed

import cluster
from ws_load import Heard, listen, open_socket_at, percentile, publish, settle

_COLUMNS = (
    "published at              sent   heard/s      lost  disorder   p50 ms   p99 ms   max ms  slow sockets closed"
)
_MESH = 3.0  # seconds in which the nodes hear of a new topic


class Slow:
    """A subscriber that never reads; the gateway closes it when too much waits for it, and it comes again."""

    def __init__(self, address: str, key: str, topic: str) -> None:
        self.closed = 0
        self._asked = (address, key, topic)

    async def run(self) -> None:
        """Come back until cancelled."""
        while True:
            async with await open_socket_at(*self._asked, queue=1) as socket:
                with contextlib.suppress(ConnectionClosed):
                    await socket.wait_closed()
                self.closed += 1


async def _one(place: int, addresses: list[str], key: str, given: argparse.Namespace) -> bool:
    """Publish at one gateway; print its line and return whether everything arrived in order."""
    topic = f"bench-{uuid.uuid4().hex[:12]}"
    count = given.rate * given.seconds
    heard = [Heard() for _ in range(given.sockets * len(addresses))]
    sockets = [await open_socket_at(address, key, topic) for address in addresses for _ in range(given.sockets)]
    readers = [asyncio.create_task(listen(s, h)) for s, h in zip(sockets, heard, strict=True)]
    sender = await open_socket_at(addresses[place], key, topic)
    readers.append(asyncio.create_task(listen(sender, Heard())))
    slow = [Slow(address, key, topic) for address in addresses]
    readers += [asyncio.create_task(one.run()) for one in slow]
    await asyncio.sleep(_MESH)
    took = await publish(sender, place, count, given.size, float(given.rate))
    await settle(heard, count, quiet=10.0)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    for socket in [*sockets, sender]:
        await socket.close()
    latencies = [value for h in heard for value in h.latencies]
    lost, disorder = sum(count - h.count for h in heard), sum(h.disorder for h in heard)
    print(
        f"{addresses[place]:<20}{count:>10}{len(latencies) / took:>10.0f}{lost:>10}{disorder:>10}"
        f"{percentile(latencies, 0.5):>9.2f}{percentile(latencies, 0.99):>9.2f}{1000 * max(latencies, default=0):>9.1f}"
        f"{sum(one.closed for one in slow):>21}",
        flush=True,
    )
    return not lost and not disorder


async def _all(addresses: list[str], key: str, given: argparse.Namespace) -> bool:
    print(
        f"{given.rate} messages/s of {given.size} B for {given.seconds} s, {given.sockets} sockets at each gateway and "
        "one that reads nothing"
    )
    print(_COLUMNS)
    return all([await _one(place, addresses, key, given) for place in range(len(addresses))])


def _accepted(file: Path, gateway: str) -> str:
    """Return the key at the file's beginning: alone, or as in the configuration, `key:namespace`.

    A wallet's key has its namespace in it, so it is the gateway that tells which of the two it is.
    """
    word = (file.read_text("utf-8").split() or [""])[0]
    for key in filter(None, (word, word.rpartition(":")[0])):
        answer = httpx.get(f"http://{gateway}/v1/auth/whoami", headers={"X-API-Key": key}, trust_env=False)
        if answer.json().get("authenticated"):
            return key
    sys.exit(f"{file} does not begin with an API key that the gateway at {gateway} accepts")


def main() -> int:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--sockets", type=int, default=2)
    parser.add_argument("--gateways", default="")
    parser.add_argument("--key-file", type=Path)
    given = parser.parse_args()
    os.environ["NO_PROXY"] = "*"
    if given.gateways:
        if given.key_file is None:
            parser.error("--gateways needs --key-file, a file that begins with an API key of the cluster")
        addresses = given.gateways.split(",")
        key = _accepted(given.key_file, addresses[0])
        return 0 if uvloop.run(_all(addresses, key, given)) else 1
    with cluster.running(3) as bench:
        addresses = [f"127.0.0.1:{bench.gateway_port(host)}" for host in (1, 2, 3)]
        return 0 if uvloop.run(_all(addresses, bench.key, given)) else 1


if __name__ == "__main__":
    sys.exit(main())
