"""A scripted rqlite on loopback."""

import asyncio
import contextlib
import socket

import aiohttp.web
import orjson
import pytest
import uvloop

from debros.rqlite.client import RqliteClient

_ON_BOTH_LOOPS = {"test_http.py", "test_pool.py", "test_wire.py"}


def pytest_asyncio_loop_factories(config, item):  # noqa: ARG001 - the hook's signature
    """Connections are tried on both loops that the programs run: their transports are different code."""
    factories = {"asyncio": asyncio.new_event_loop}
    if item.path.name in _ON_BOTH_LOOPS:
        factories["uvloop"] = uvloop.new_event_loop
    return factories


class FakeRqlite:
    """A server that records requests and answers as the test says."""

    def __init__(self):
        self.requests = []
        self.headers = []
        self.answer = None
        self.version = "v10.2.7"

    async def handle(self, request):
        body = await request.read()
        self.requests.append((request.path_qs, orjson.loads(body) if body else None))
        self.headers.append(request.headers)
        answer = self.answer(request) if callable(self.answer) else self.answer
        if asyncio.iscoroutine(answer):
            answer = await answer
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        content = content if isinstance(content, bytes) else orjson.dumps(content)
        return aiohttp.web.Response(status=status, body=content, headers={"X-Rqlite-Version": self.version})


@contextlib.asynccontextmanager
async def serving():
    fake = FakeRqlite()
    runner = aiohttp.web.ServerRunner(aiohttp.web.Server(fake.handle), shutdown_timeout=0.1)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()


@pytest.fixture
async def fake():
    async with serving() as server:
        yield server


@pytest.fixture
async def other():
    async with serving() as server:
        yield server


@pytest.fixture
async def client(fake):
    async with RqliteClient([fake.url]) as opened:
        yield opened


@pytest.fixture
def dead_url():
    """A port that nobody listens on, held so that nobody will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
