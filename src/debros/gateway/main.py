"""`debros-gateway`: read the configuration, bind the address, serve until told to stop."""

import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
import uvloop

from debros import config as configuration
from debros import logs, version
from debros.config import GatewayConfig
from debros.config.flags import flags
from debros.gateway import garbage, server, tls
from debros.gateway.app import create_app
from debros.gateway.listeners import listeners
from debros.gateway.metrics import listener as metrics_listener
from debros.gateway.metrics.page import metrics_app
from debros.systemd import HeldSocket, Notifier, held_sockets, startup_failure

_KIND = "gateway"


def _schema_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags that the configuration schema defines. Values stay text: validation judges them all together."""
    for flag in reversed(list(flags(_KIND))):
        command = click.option(flag.name, flag.key, help=flag.help)(command)
    return command


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", "path", type=click.Path(path_type=Path, dir_okay=False), help="gateway.yaml; without it the defaults."
)
@_schema_options
@click.version_option(version.current().version, prog_name="debros-gateway")
def main(path: Path | None, **given: str | None) -> None:
    """Serve the DeBros Network API over HTTP and WebSocket."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is a certificate to read again
    notifier, held = Notifier.take(), held_sockets()
    try:
        config = configuration.load_gateway(
            path, flags={key: value for key, value in given.items() if value is not None}
        )
    except configuration.ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(startup_failure(lasting=error.lasting))
    try:
        logs.configure(config.logging, service="debros-gateway")
    except OSError as error:
        _fail(f"cannot open the log file {config.logging.output_file}: {error.strerror}")
    try:
        uvloop.run(serve(config, notifier, held))
    except (server.ListenError, tls.TlsError, configuration.ConfigError) as error:
        _fail(str(error))


def _fail(reason: str) -> NoReturn:
    click.echo(f"debros-gateway: {reason}", err=True)
    sys.exit(1)


async def serve(config: GatewayConfig, notifier: Notifier, held: Sequence[HeldSocket] = ()) -> None:
    """Serve until SIGTERM or SIGINT.

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
    for sock in sockets:
        host, port = sock.getsockname()[:2] if sock.family != socket.AF_UNIX else (sock.getsockname(), 0)
        logs.get("debros.gateway").info(
            "listening", address=host, port=port, tls=certificate is not None, held=bool(held)
        )
    garbage.settle()
    async with metrics_listener.serving(metrics_app(app.state.services.metrics), config.metrics_addr):
        await running.serve(sockets)


if __name__ == "__main__":
    main()
