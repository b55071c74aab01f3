"""A gateway of one process."""

from collections.abc import Sequence

from debros.config import GatewayConfig
from debros.gateway import garbage, server, tls
from debros.gateway.app import create_app
from debros.gateway.listeners import announce, listeners
from debros.gateway.metrics import listener as metrics_listener
from debros.gateway.metrics.page import metrics_app
from debros.systemd import HeldSocket, Notifier


async def run(config: GatewayConfig, notifier: Notifier, held: Sequence[HeldSocket] = ()) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status.

    Args:
        config: The configuration.
        notifier: The way to systemd.
        held: Sockets that systemd holds for us.

    Raises:
        ListenError: The address cannot be used.
        TlsError: The certificate or its key cannot be used.
        ConfigError: A file of secrets cannot be read any more.
    """
    certificate = tls.load(config.security)
    sockets = listeners(config, held)
    app = create_app(config)
    running = server.build(app, config, certificate, notifier)
    announce(sockets, tls=certificate is not None, held=bool(held))
    garbage.settle()
    async with metrics_listener.serving(metrics_app(app.state.services.metrics), config.metrics_addr):
        await running.serve(sockets)
    return 0
