"""`debros-gateway`: read the configuration, bind the address, serve until told to stop."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import uvloop

from debros import config as configuration
from debros import logs, version
from debros.config import GatewayConfig
from debros.config.flags import flags
from debros.gateway import server
from debros.gateway.app import create_app

_KIND = "gateway"
# Names that read better beside the keys of gateway.yaml; the schema's own work as well.
_ALIASES = {"listen_addr": "--listen-addr", "client_namespace": "--client-namespace"}


def _schema_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags that the configuration schema defines. Values stay text: validation judges them all together."""
    for flag in reversed(list(flags(_KIND))):
        names = [flag.name, *filter(None, [_ALIASES.get(flag.key)])]
        command = click.option(*names, flag.key, help=flag.help)(command)
    return command


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", "path", type=click.Path(path_type=Path, dir_okay=False), help="gateway.yaml; without it the defaults."
)
@_schema_options
@click.version_option(version.current().version, prog_name="debros-gateway")
def main(path: Path | None, **given: str | None) -> None:
    """Serve the DeBros Network API over HTTP and WebSocket."""
    try:
        config = configuration.load_gateway(
            path, flags={key: value for key, value in given.items() if value is not None}
        )
    except configuration.ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    try:
        logs.configure(config.logging, service=_KIND)
    except OSError as error:
        _fail(f"cannot open the log file {config.logging.output_file}: {error.strerror}")
    try:
        uvloop.run(serve(config))
    except server.ListenError as error:
        _fail(str(error))


def _fail(reason: str) -> NoReturn:
    click.echo(f"debros-gateway: {reason}", err=True)
    sys.exit(1)


async def serve(config: GatewayConfig) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        ListenError: The address or the certificate cannot be used.
    """
    tls = server.tls_context(config)
    bound = server.listen(config.listen_addr)
    running = server.build(create_app(config), config, tls)
    host, port = bound.getsockname()[:2]
    logs.get("debros.gateway").info("listening", address=host, port=port, tls=tls is not None)
    await running.serve([bound])


if __name__ == "__main__":
    main()
