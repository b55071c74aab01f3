"""The server of one worker: its parent tells it when to stop, and hears how it is."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from debros.gateway.protocols.http import BoundedHttp
from debros.gateway.server import Server
from debros.gateway.workers import figures
from debros.gateway.workers.door import Door
from debros.gateway.workers.messages import (
    Alive,
    Count,
    Done,
    Draining,
    Figures,
    Hurry,
    Look,
    Open,
    Ready,
    Reload,
    Stop,
    Subscribers,
    Topics,
)
from debros.gateway.workers.probe import InnerProbe
from debros.systemd import Notifier

if TYPE_CHECKING:
    from debros.gateway.state import Services
    from debros.gateway.workers.channel import Channel

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class ToParent(Notifier):
    """Tells the parent what a process alone tells systemd.

    Args:
        channel: To the parent.
        feed_every: Seconds between two life signs; None when the parent wants none.
    """

    def __init__(self, channel: "Channel", feed_every: float | None) -> None:
        super().__init__()
        self._channel = channel
        self.feed_every = feed_every

    @property
    def listened_to(self) -> bool:
        """Whether somebody hears it: the parent, always."""
        return True

    def ready(self, status: str = "") -> None:  # noqa: ARG002 - the parent makes a line of its own
        """Say that the worker serves."""
        self._channel.send(Ready())

    def stopping(self, status: str = "") -> None:  # noqa: ARG002 - see ready
        """Say that the worker has begun to stop."""
        self._channel.send(Draining())

    def alive(self) -> None:
        """Say that it has just seen itself answer."""
        self._channel.send(Alive())


class WorkerServer(Server):
    """Stops when the parent says so, or has gone, or when it gets a signal itself.

    A signal never hurries: systemd and a terminal send theirs to every process, and the parent passes it on besides.
    """

    channel: "Channel"
    services: "Services"
    _doors: list[Door]
    _obeying: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then do what the parent says."""
        await super().startup(sockets)
        if self.started:
            self._obeying = asyncio.get_running_loop().create_task(self._obey(), name="parent")

    async def _begin(self, sockets: list[socket.socket] | None) -> None:
        """Start without sockets of uvicorn's: the doors are ours, and open when the parent says so."""
        await uvicorn.Server.startup(self, [])
        doors = [Door(sock, self._state.tally, self._receive) for sock in sockets or ()]
        self._doors = self.servers = doors  # type: ignore[assignment] # uvicorn closes them like its own

    async def _receive(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(self.new_protocol, sock, ssl=self.config.ssl)

    def new_protocol(self) -> BoundedHttp:
        """Return what serves one connection, made as uvicorn makes it."""
        made: BoundedHttp = self.config.http_protocol_class(  # type: ignore[call-arg, assignment] # as uvicorn does
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; the parent may still say that it is in a hurry."""
        await super().shutdown(sockets)
        if self._obeying is not None:
            self._obeying.cancel()

    def _handlers(self) -> dict[signal.Signals, Callable[[int, FrameType | None], None]]:
        return dict.fromkeys(_SIGNALS, self.handle_exit)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Begin to stop."""
        self.should_exit = True

    def _self_check(self, sockets: list[socket.socket]) -> Callable[[], Awaitable[str]]:  # noqa: ARG002 - see there
        return InnerProbe(self.new_protocol, timeout=self._notifier.feed_every).ask

    async def _obey(self) -> None:
        try:
            async with asyncio.TaskGroup() as answers:
                while (message := await self.channel.receive()) is not None:
                    match message:
                        case Open():
                            for door in self._doors:
                                door.open()
                        case Stop():
                            self.should_exit = True
                        case Hurry():
                            self.should_exit = self.force_exit = True
                        case Reload():
                            self._reload()
                        case Count():
                            answers.create_task(self._count(message))
                        case Topics(number, namespace):
                            self.channel.send(Subscribers(number, self.services.hub.topics(namespace)))
                        case Look():
                            answers.create_task(self._look(message))
        finally:
            self.should_exit = True  # nobody is there any more to say it

    async def _count(self, asked: Count) -> None:
        metrics = self.services.metrics
        if asked.upstream:
            await metrics.upstream.look()
        self.channel.send(Figures(asked.id, figures.families(metrics.registry.collect(), upstream=asked.upstream)))

    async def _look(self, asked: Look) -> None:
        await self.services.auth.changes.follow()
        self.channel.send(Done(asked.id))
