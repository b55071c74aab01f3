"""`debros-gateway`: read the configuration, bind the address, serve until told to stop."""

import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from debros import config as configuration
from debros import logs, version
from debros.config import GatewayConfig
from debros.config.flags import flags
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
    run = _run_workers if config.workers > 1 else _run_alone
    sys.exit(run(config, notifier, held))


def _run_alone(config: GatewayConfig, notifier: Notifier, held: Sequence[HeldSocket]) -> int:
    # Imported by who needs it: the parent of workers holds neither routes nor the database's client.
    import uvloop  # noqa: PLC0415 - see above

    from debros.gateway import alone, server, tls  # noqa: PLC0415 - see above

    try:
        return uvloop.run(alone.run(config, notifier, held))
    except (server.ListenError, tls.TlsError, configuration.ConfigError) as error:
        _fail(str(error))


def _run_workers(config: GatewayConfig, notifier: Notifier, held: Sequence[HeldSocket]) -> int:
    import asyncio  # noqa: PLC0415 - see _run_alone

    from debros.gateway import server  # noqa: PLC0415 - see _run_alone
    from debros.gateway.workers import parent  # noqa: PLC0415 - see _run_alone

    try:
        return asyncio.run(parent.run(config, notifier, held))
    except (server.ListenError, configuration.ConfigError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"cannot start workers: {error.strerror}; with workers: 1 none are needed")


def _fail(reason: str) -> NoReturn:
    click.echo(f"debros-gateway: {reason}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
