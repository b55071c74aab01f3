"""WebSockets that carry numbers: enough to see loss and disorder."""

import asyncio
import contextlib
import struct
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

NUMBER = struct.Struct("!I")
_PROBE = 0xFFFFFFFF


def socket(cluster: Any, host: int, topic: str) -> connect:
    url = f"ws://127.0.0.1:{cluster.gateway_port(host)}/v1/pubsub/ws?topic={topic}"
    return connect(url, additional_headers={"X-API-Key": cluster.key}, max_queue=None)


async def read_numbers(ws: ClientConnection, expected: int, quiet: float = 60) -> list[int]:
    """Return the numbers that arrive until there are `expected`, or none came for `quiet` seconds.

    A late probe of `hears` is none of them.
    """
    numbers: list[int] = []
    with contextlib.suppress(TimeoutError):
        while len(numbers) < expected:
            frame = await asyncio.wait_for(ws.recv(), quiet)
            assert isinstance(frame, bytes)
            (number,) = NUMBER.unpack_from(frame)
            if number != _PROBE:
                numbers.append(number)
    return numbers


async def hears(publisher: ClientConnection, subscriber: ClientConnection, seconds: float = 120) -> None:
    """Publish probes until `subscriber` hears one: the path between two hosts is open from then on."""
    probe = NUMBER.pack(_PROBE)
    async with asyncio.timeout(seconds):
        while True:
            await publisher.send(probe)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(subscriber.recv(), 0.5)
                break
    with contextlib.suppress(TimeoutError):  # the probes still under way
        while True:
            await asyncio.wait_for(subscriber.recv(), 1)
