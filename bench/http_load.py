"""A closed-loop HTTP/1.1 load generator: N connections, each sending its next request when the last is answered."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import httptools

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Load:
    """What one run saw: latencies in seconds, the wall time in seconds, and answers that were not 2xx."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Return the latency (seconds) that `share` (0..1) of the good answers did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class _Connection(asyncio.Protocol):
    """One connection; `next_request` gives the bytes to send and is asked again after every answer."""

    def __init__(self, load: Load, next_request: Callable[[], bytes], until: float) -> None:
        self.load = load
        self.next_request = next_request
        self.until = until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses of asyncio's
        self._send()

    def _send(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.started = time.perf_counter()
        self.transport.write(self.next_request())

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        if 200 <= self.parser.get_status_code() < 300:
            self.load.latencies.append(now - self.started)
        else:
            self.load.failures += 1
        if now < self.until:
            asyncio.get_running_loop().call_soon(self._send)
        elif not self.done.done():
            self.done.set_result(None)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.load.failures += 1
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return one POST request as bytes."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"{lines}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def drive(port: int, clients: int, seconds: float, next_request: Callable[[], bytes]) -> Load:
    """Run `clients` connections against 127.0.0.1:`port` for `seconds`; every request comes from `next_request`."""
    load = Load()
    loop = asyncio.get_running_loop()
    begin = time.perf_counter()
    until = begin + seconds
    connections = []
    for _ in range(clients):
        _, connection = await loop.create_connection(lambda: _Connection(load, next_request, until), "127.0.0.1", port)
        connections.append(connection)
    await asyncio.gather(*(c.done for c in connections), return_exceptions=True)
    load.seconds = time.perf_counter() - begin
    return load
