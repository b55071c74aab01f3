"""The listener for figures: apart from the public API, and never a reason for it to end."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Final

import uvicorn
from starlette.applications import Starlette

from debros import logs
from debros.gateway import server
from debros.gateway.protocols.limits import ConnectionLimits, ServerState
from debros.gateway.protocols.serving import settings

_log = logs.get("debros.gateway.metrics")
# Seconds between two attempts to listen: the address may come later than we, or its user may go.
_AGAIN: Final = 5.0
# Few ask, and not often; connections are kept between two scrapes (usually 15 to 60 s).
_LIMITS: Final = ConnectionLimits(header_timeout=10, idle_timeout=120, max_connections=64, ping_interval=30)
_ADVICE: Final = "choose another metrics_addr or stop what uses it; until then there are no figures"


class _Server(uvicorn.Server):
    """A server beside another one, which sees to the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


class MetricsListener:
    """Serves an application on an address of its own.

    Args:
        app: What it serves.
        address: `host:port` or `:port`.
    """

    def __init__(self, app: Starlette, address: str) -> None:
        self._address = address
        self._server = _Server(settings(app, _LIMITS, ServerState(), grace=1, lifespan="off"))

    async def run(self) -> None:
        """Serve until `close`; an address that cannot be used is said once, and tried again."""
        sock = await self._bound()
        host, port = sock.getsockname()[:2]
        _log.info("figures are served", address=host, port=port, path="/metrics")
        await self._server.serve([sock])

    async def close(self, running: asyncio.Task[None]) -> None:
        """End; `running` is the task of `run`."""
        self._server.should_exit = True
        if not self._server.started:
            running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def _bound(self) -> socket.socket:
        said = False
        while True:
            try:
                return server.listen(self._address, _ADVICE)
            except server.ListenError as error:
                if not said:
                    _log.error("no figures are served", reason=str(error))
                said = True
            await asyncio.sleep(_AGAIN)


@contextlib.asynccontextmanager
async def serving(app: Starlette, address: str) -> AsyncIterator[None]:
    """Serve figures meanwhile; on no address, not at all."""
    if not address:
        yield
        return
    listener = MetricsListener(app, address)
    running = asyncio.create_task(listener.run(), name="metrics")
    try:
        yield
    finally:
        await listener.close(running)
