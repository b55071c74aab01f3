"""A fake of the client to the node; the real one is used by the integration tests."""

import asyncio

import pytest

from debros.p2p.client import RelayUnavailable


class FakeP2P:
    """Remembers what the gateway asks of the node; `connected`, `gate` and `refuse` make it behave."""

    def __init__(self) -> None:
        self.connected = True
        self.calls: list[tuple[str, str]] = []
        self.published: list[tuple[str, bytes]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.refuse: Exception | None = None

    async def subscribe(self, topic: str) -> None:
        self.calls.append(("subscribe", topic))
        await self.gate.wait()
        if self.refuse:
            raise self.refuse

    async def unsubscribe(self, topic: str) -> None:
        self.calls.append(("unsubscribe", topic))
        await self.gate.wait()

    async def publish(self, topic: str, data: bytes) -> None:
        await self.gate.wait()
        if not self.connected:
            raise RelayUnavailable("away")
        self.published.append((topic, data))


@pytest.fixture
def p2p() -> FakeP2P:
    return FakeP2P()
