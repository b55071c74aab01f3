"""Clients of real gateways."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from debros.client import NetworkClient

Connect = Callable[..., NetworkClient]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Make clients: of these gateways or URLs, with what opens the first one unless `auth` says otherwise."""
    async with contextlib.AsyncExitStack() as stack:

        def make(*gateways: Any, **options: Any) -> NetworkClient:
            urls = [one if isinstance(one, str) else one.url for one in gateways]
            keyed = next((one for one in gateways if not isinstance(one, str)), None)
            auth = {"auth": keyed.http.headers["X-API-Key"]} if keyed is not None else {}
            client = NetworkClient(urls, **(auth | options))
            stack.push_async_callback(client.close)
            return client

        yield make


@pytest.fixture
def client(gateway: Any, connect: Connect) -> NetworkClient:
    return connect(gateway)
