"""Several workers of one gateway in one event loop, for tests that look inside; they share nothing but that loop.

What the parent does for them (opening the doors, passing revocations on) is done here in a few lines.
"""

import asyncio
import os
import socket
from collections import Counter

from debros.gateway import server, tls
from debros.gateway.app import create_app
from debros.gateway.uptime import Clock
from debros.gateway.workers import shared
from debros.gateway.workers.channel import Channel
from debros.gateway.workers.figures import families, merged
from debros.gateway.workers.messages import (
    Done,
    FromParent,
    FromWorker,
    Look,
    Open,
    Ready,
    Revoked,
    Subscribers,
    Topics,
)
from debros.gateway.workers.place import Place
from debros.gateway.workers.server import ToParent, WorkerServer


class InLoop:
    """The workers.

    Attributes:
        servers: Theirs; the first one's services are those a test looks at.
    """

    def __init__(self, config, count):
        self._config, self._count = config, count
        self._memory, self._secret, self._clock = shared.create(), os.urandom(16), Clock()
        self._sockets = [server.listen(config.listen_addr)]
        self._sockets[0].listen()
        self._lines, self._tasks = [], []
        self.servers = []

    async def start(self):
        certificate = tls.load(self._config.security)
        for index in range(self._count):
            ours, theirs = socket.socketpair()
            self._lines.append(await Channel.open(ours, FromWorker))
            channel = await Channel.open(theirs, FromParent)
            app = create_app(self._config, self._place(index, channel))
            running = server.build(app, self._config, certificate, ToParent(channel, None), WorkerServer)
            running.channel, running.services = channel, app.state.services
            self.servers.append(running)
        listening = [self._sockets[0].dup() for _ in self.servers]
        loop = asyncio.get_running_loop()
        self._tasks = [
            *(loop.create_task(self._listen(line)) for line in self._lines),
            *(loop.create_task(one.serve([sock])) for one, sock in zip(self.servers, listening, strict=True)),
        ]

    async def figures(self):
        """Return the figures of all as those of one gateway; each tells of the process that they share."""
        told = []
        for index, one in enumerate(self.servers):
            metrics = one.services.metrics
            if index == 0:
                await metrics.upstream.look()
            told.append(families(metrics.registry.collect(), upstream=index == 0))
        return merged(told)

    @property
    def started(self):
        return all(one.started for one in self.servers)

    async def stop(self):
        for one in self.servers:
            one.should_exit = True
        await asyncio.gather(*self._tasks[self._count :])
        for line in self._lines:
            line.close()
        await asyncio.gather(*self._tasks[: self._count])
        for one in self.servers:
            one.channel.close()
        self._sockets[0].close()
        os.close(self._memory)

    def _place(self, index, channel):
        memory = shared.Shared(self._memory, self._count, self._secret)

        async def catch_up():
            await channel.ask(Revoked)

        async def subscribers(namespace):
            return (await channel.ask(lambda asked: Topics(asked, namespace))).topics

        return Place(
            index=index,
            count=self._count,
            clock=self._clock,
            connections=memory.tally("connections", index),
            sockets=memory.tally("sockets", index),
            shared=memory,
            catch_up=catch_up,
            subscribers=subscribers,
        )

    async def _listen(self, line):
        loop, answers = asyncio.get_running_loop(), set()
        while (message := await line.receive()) is not None:
            match message:
                case Ready():
                    line.send(Open())
                case Revoked(number):
                    answers.add(loop.create_task(self._pass_on(line, number)))
                case Topics(number, namespace):
                    answers.add(loop.create_task(self._sum(line, number, namespace)))

    async def _sum(self, line, number, namespace):
        found = Counter()
        for other in self._lines:
            if other is not line:
                found.update((await other.ask(lambda asked: Topics(asked, namespace))).topics)
        line.send(Subscribers(number, dict(found)))

    async def _pass_on(self, line, number):
        await asyncio.gather(*(other.ask(Look) for other in self._lines if other is not line))
        line.send(Done(number))
