"""All workers of one gateway: started, watched, told to stop; and what they say as one."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING, Any, Final

from debros import logs
from debros.gateway.uptime import Clock
from debros.gateway.workers import shared
from debros.gateway.workers.figures import families, merged
from debros.gateway.workers.handover import Handover
from debros.gateway.workers.member import Member
from debros.gateway.workers.others import PATIENCE, Others, in_time
from debros.gateway.workers.shared import Shared

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine, Iterable, Sequence

    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

    from debros.config import GatewayConfig
    from debros.systemd import Notifier

_log = logs.get("debros.gateway.workers")
_HURRY: Final = (signal.SIGINT, signal.SIGTERM)
# Without a watchdog only the status line is kept up to date; see debros.systemd.watchdog.
_STATUS_EVERY: Final = 30.0
# A worker feeds once in each interval of a third of the watchdog's; after so many without a word it is ended.
_SILENT_INTERVALS: Final = 2.5
# Seconds that a worker gets until it serves.
_START: Final = 60.0
# Seconds that workers may take longer to end than they were given.
_LATE: Final = 10.0


class Crew:
    """The workers.

    Args:
        config: The gateway's, complete.
        sockets: What they serve on.
        notifier: The way to systemd.
        own: Figures of the process that we are.

    Raises:
        OSError: The kernel gives no memory that they can share.
    """

    def __init__(
        self, config: GatewayConfig, sockets: Sequence[socket.socket], notifier: Notifier, own: CollectorRegistry
    ) -> None:
        memory, secret = shared.create(), os.urandom(16)
        clock, descriptors = Clock(), tuple(sock.fileno() for sock in sockets)
        self._config = config
        self._sockets = sockets
        self._notifier = notifier
        self._own = own
        self._shared = Shared(memory, config.workers, secret)
        self._ending = asyncio.Event()
        self._members = [
            Member(
                Handover(config, index, config.workers, clock, descriptors, -1, memory, secret, notifier.feed_every),
                gone=self._shared.forget,
                others=self._others,
            )
            for index in range(config.workers)
        ]

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT; return the exit status: 0, or that of a worker which cannot be started."""
        loop = asyncio.get_running_loop()
        for number in _HURRY:
            loop.add_signal_handler(number, self._told_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        keeping: list[asyncio.Task[int]] = []
        reporting = loop.create_task(self._report())
        try:
            # The first one alone: it prepares the tables, and what is wrong with all of them is said once.
            for some in (self._members[:1], self._members[1:]):
                started = [loop.create_task(self._keep(member)) for member in some]
                keeping += started
                await self._unless_ending(_all(member.serving.wait() for member in some))
            if not self._ending.is_set():
                for member in self._members:  # together: or the first one would get all who wait already
                    member.open()
                self._notifier.ready(self.describe())
            await self._ending.wait()
            return await self._stop(keeping)
        finally:
            reporting.cancel()
            for task in keeping:
                task.cancel()

    def describe(self) -> str:
        """Return one line for `systemctl status`."""
        serving = sum(member.serving.is_set() for member in self._members)
        connections = self._shared.tally("connections", 0).total()
        return f"{serving} of {len(self._members)} workers; {connections} connections"

    async def figures(self) -> Iterable[Metric]:
        """Return the figures of all workers that tell them in time as those of one gateway."""
        serving = [member for member in self._members if member.serving.is_set()]
        told = await asyncio.gather(
            *(in_time(member.count(upstream=member is serving[0]), 2 * PATIENCE) for member in serving)
        )
        return merged([*(one for one in told if one), families(self._own.collect(), upstream=True)])

    def workers(self) -> dict[str, float]:
        """Return how many workers serve, and how many do not."""
        serving = sum(member.serving.is_set() for member in self._members)
        return {"serving": serving, "starting": len(self._members) - serving}

    def restarts(self) -> int:
        """Return how often a worker was started again."""
        return sum(max(0, member.starts - 1) for member in self._members)

    async def _keep(self, member: Member) -> int:
        try:
            status = await member.keep()
        finally:
            self._ending.set()
        if status:
            _log.error("a worker cannot be started, so the gateway ends", worker=member.name, exit_status=status)
        return status

    async def _stop(self, keeping: list[asyncio.Task[int]]) -> int:
        for member in self._members:
            member.stop()
        begun = (member.draining.wait() for member in self._members if member.serving.is_set())
        await in_time(_all(begun), PATIENCE)
        self._notifier.stopping("finishing the requests under way")
        for sock in self._sockets:  # the workers' copies stay open as long as they accept
            sock.close()
        limits = self._config.limits
        grace = float(limits.drain_delay) + float(limits.drain_timeout) + _LATE
        _, late = await asyncio.wait(keeping, timeout=grace)
        if late:
            _log.error("workers do not end, so they are killed", workers=len(late))
            for member in self._members:
                member.kill()
        return max(await asyncio.gather(*keeping))

    def _told_to_stop(self) -> None:
        if self._ending.is_set():
            for member in self._members:
                member.hurry()
        self._ending.set()

    def _reload(self) -> None:
        for member in self._members:
            member.reload()

    async def _report(self) -> None:
        """Feed systemd's watchdog while every worker is well; end one that hangs, before systemd ends them all."""
        every = self._notifier.feed_every
        while True:
            if every is None or all(self._well(member, every) for member in self._members):
                self._notifier.status(self.describe())
                self._notifier.alive()
            await asyncio.sleep(every or _STATUS_EVERY)

    def _well(self, member: Member, every: float) -> bool:
        silence = time.monotonic() - member.heard
        allowed = _SILENT_INTERVALS * every if member.serving.is_set() else _START
        if member.heard and silence > allowed:
            _log.error("a worker hangs; it is ended", worker=member.name, silent_for=round(silence, 1))
            member.kill()
        return silence <= 2 * every or not member.serving.is_set()

    def _others(self, teller: Member) -> Others:
        return Others([member for member in self._members if member is not teller])

    async def _unless_ending(self, waiting: Coroutine[Any, Any, None]) -> None:
        """Wait for something, but no longer than until the end begins."""
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(waiting), loop.create_task(self._told_to_end())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _told_to_end(self) -> None:
        await self._ending.wait()


async def _all(waiting: Iterable[Coroutine[Any, Any, Any]]) -> None:
    await asyncio.gather(*waiting)
