"""The parent of a gateway's workers: it has the sockets, the figures and the way to systemd, and serves nobody."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from prometheus_client import CollectorRegistry

from debros import logs
from debros.config import GatewayConfig, static_api_keys
from debros.gateway import clientmode, server
from debros.gateway.listeners import announce, listeners
from debros.gateway.metrics import Figures
from debros.gateway.metrics import listener as metrics_listener
from debros.gateway.metrics.page import page_app
from debros.gateway.metrics.process import ProcessFigures
from debros.gateway.workers.crew import Crew
from debros.systemd import HeldSocket, Notifier

_log = logs.get("debros.gateway")


async def run(config: GatewayConfig, notifier: Notifier, held: Sequence[HeldSocket] = ()) -> int:
    """Keep the workers serving until SIGTERM or SIGINT; return the exit status.

    Args:
        config: The configuration.
        notifier: The way to systemd.
        held: Sockets that systemd holds for us.

    Raises:
        ListenError: The address cannot be used.
        ConfigError: A file of secrets cannot be read any more.
        OSError: The kernel gives no memory that workers can share.
    """
    # Read once: a worker that is started again knows the callers that the others know.
    config = replace(config, api_keys=static_api_keys(config), api_keys_file=None)
    sockets = listeners(config, held)
    for sock in sockets:
        sock.listen(server.BACKLOG)
    announce(sockets, tls=config.security.enable_tls, held=bool(held))
    registry = CollectorRegistry()
    crew = Crew(config, sockets, notifier, registry)
    _show(registry, crew)
    async with _client_daemon(config), metrics_listener.serving(page_app(crew.figures), config.metrics_addr):
        return await crew.run()


def _show(registry: CollectorRegistry, crew: Crew) -> None:
    ProcessFigures(registry=registry)
    figures = Figures(registry)
    figures.gauge(
        "debros_gateway_workers", "Workers by state: they serve, or are being started.", crew.workers, ("state",)
    )
    figures.counter("debros_gateway_worker_restarts", "How often a worker was started again.", crew.restarts)


@contextlib.asynccontextmanager
async def _client_daemon(config: GatewayConfig) -> AsyncIterator[None]:
    """Run the p2p daemon meanwhile if there is no node: one for all workers."""
    if not clientmode.wanted(config):
        yield
        return
    daemon = clientmode.ClientDaemon(config)
    daemon.start()
    try:
        yield
    finally:
        await daemon.close()
