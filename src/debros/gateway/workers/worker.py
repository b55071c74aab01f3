"""One worker, started by the parent only."""

import contextlib
import socket
import sys
from typing import NoReturn

import click
import uvloop

from debros import logs
from debros.config import ConfigError
from debros.gateway import garbage, server, tls
from debros.gateway.app import create_app
from debros.gateway.workers import handover
from debros.gateway.workers.channel import Channel, ChannelClosedError
from debros.gateway.workers.handover import Handover
from debros.gateway.workers.messages import FromParent, Revoked, Topics
from debros.gateway.workers.place import Place
from debros.gateway.workers.server import ToParent, WorkerServer
from debros.gateway.workers.shared import Shared


def main() -> None:
    """Serve until the parent says stop, or has gone."""
    handed = handover.take()
    try:
        logs.configure(handed.config.logging, service="debros-gateway")
    except OSError as error:
        _fail(f"cannot open the log file {handed.config.logging.output_file}: {error.strerror}")
    try:
        uvloop.run(_serve(handed))
    except (tls.TlsError, ConfigError) as error:
        _fail(str(error))


def _fail(reason: str) -> NoReturn:
    click.echo(f"debros-gateway: {reason}", err=True)
    sys.exit(1)


async def _serve(handed: Handover) -> None:
    config = handed.config
    certificate = tls.load(config.security)
    channel = await Channel.open(socket.socket(fileno=handed.channel), FromParent)
    app = create_app(config, _place(handed, channel))
    running = server.build(app, config, certificate, ToParent(channel, handed.feed_every), WorkerServer)
    assert isinstance(running, WorkerServer)
    running.channel, running.services = channel, app.state.services
    garbage.settle()
    await running.serve([socket.socket(fileno=descriptor) for descriptor in handed.sockets])


def _place(handed: Handover, channel: Channel) -> Place:
    memory = Shared(handed.memory, handed.count, handed.secret)

    async def catch_up() -> None:
        with contextlib.suppress(ChannelClosedError):  # the parent has gone, and we go too
            await channel.ask(Revoked)

    async def subscribers(namespace: str) -> dict[str, int]:
        with contextlib.suppress(ChannelClosedError):
            found: dict[str, int] = (await channel.ask(lambda number: Topics(number, namespace))).topics
            return found
        return {}

    return Place(
        index=handed.index,
        count=handed.count,
        clock=handed.clock,
        connections=memory.tally("connections", handed.index),
        sockets=memory.tally("sockets", handed.index),
        shared=memory,
        catch_up=catch_up,
        subscribers=subscribers,
    )
