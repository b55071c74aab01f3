"""One worker as its parent sees it: started, listened to, started again."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from debros import logs
from debros.gateway.workers.channel import Channel, ChannelClosedError
from debros.gateway.workers.messages import (
    Alive,
    Count,
    Done,
    Draining,
    FromWorker,
    Hurry,
    Look,
    Open,
    Ready,
    Reload,
    Revoked,
    Stop,
    Subscribers,
    Topics,
)
from debros.supervise.spec import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from debros.gateway.workers.handover import Handover
    from debros.gateway.workers.messages import Family
    from debros.gateway.workers.others import Others

_log = logs.get("debros.gateway.workers")
_BACKOFF: Final = Backoff()
# Starts in a row that came to nothing, after which the gateway ends, so that who watches it sees it.
_TRIES: Final = 5
# Seconds: a signal for all of us may have reached the worker first.
_TOGETHER: Final = 0.1


class Member:
    """Keeps one worker running, from `keep` to `stop`.

    Args:
        handover: What its processes are given; each gets a line to us besides.
        gone: Called after each end of a process.
        others: The workers beside this one.
    """

    def __init__(
        self,
        handover: Handover,
        *,
        gone: Callable[[int], None],
        others: Callable[[Member], Others],
    ) -> None:
        self._handover = handover
        self._gone = gone
        self._others = others
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None
        self._stopping = asyncio.Event()
        self._opened = False
        self._answers: set[asyncio.Task[None]] = set()
        self.name = f"{handover.index + 1}"
        self.serving = asyncio.Event()
        self.draining = asyncio.Event()
        self.starts = 0
        self.heard = 0.0

    async def keep(self) -> int:
        """Run the worker until `stop`; return 0 then, or when it cannot be started the status to end with."""
        failures = useless = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            status, served = await self._live()
            if status < 0 and not self._stopping.is_set():
                await asyncio.sleep(_TOGETHER)
            if self._stopping.is_set():
                break
            failures = 1 if time.monotonic() - began >= _BACKOFF.healthy_after else failures + 1
            useless = 0 if served else useless + 1
            if useless in {self.starts, _TRIES}:
                return status if status > 0 else 1
            pause = _BACKOFF.delay(failures)
            _log.error("a worker has ended; it is started again", worker=self.name, exit_status=status, retry_in=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
        return 0

    def open(self) -> None:
        """Have it accept connections, now and after each start."""
        self._opened = True
        self._say(Open())

    def stop(self) -> None:
        """Have it finish what is under way and end."""
        self._stopping.set()
        self._say(Stop())

    def hurry(self) -> None:
        """Have it end at once."""
        self._say(Hurry())
        if not self.serving.is_set():  # it does not listen yet
            self.kill()

    def reload(self) -> None:
        """Have it read the certificate again."""
        self._say(Reload())

    def kill(self) -> None:
        """End it; `keep` starts it again."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def count(self, *, upstream: bool) -> list[Family] | None:
        """Return its figures; None when it does not serve."""
        answer = await self._ask(lambda number: Count(number, upstream))
        return None if answer is None else answer.families

    async def topics(self, namespace: str) -> dict[str, int] | None:
        """Return how many of its sockets listen to each topic of a namespace; None when it does not serve."""
        answer = await self._ask(lambda number: Topics(number, namespace))
        return None if answer is None else answer.topics

    async def look(self) -> None:
        """Have it read what was revoked."""
        await self._ask(Look)

    async def _ask(self, make: Callable[[int], msgspec.Struct]) -> Any:
        if self._channel is None or not self.serving.is_set():
            return None
        with contextlib.suppress(ChannelClosedError):
            return await self._channel.ask(make)
        return None

    def _say(self, message: msgspec.Struct) -> None:
        if self._channel is not None:
            self._channel.send(message)

    async def _live(self) -> tuple[int, bool]:
        """Run one process; return its exit status, minus the signal's number if one ended it, and whether it served."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.starts += 1
        self.heard = time.monotonic()
        self.draining.clear()
        try:
            with theirs:
                process = self._process = await self._spawn(theirs.fileno())
            channel = self._channel = await Channel.open(ours, FromWorker)
        except OSError as error:
            ours.close()
            _log.error("a worker cannot be started", worker=self.name, reason=str(error))
            return 1, False
        if self._stopping.is_set():
            self._say(Stop())
        listening = asyncio.get_running_loop().create_task(self._listen(channel))
        try:
            status = await process.wait()
            await listening
            return status, self.serving.is_set()
        finally:
            listening.cancel()
            channel.close()
            self._process = self._channel = None
            self.serving.clear()
            self.draining.set()
            self._gone(self._handover.index)

    async def _spawn(self, channel: int) -> asyncio.subprocess.Process:
        handed = replace(self._handover, channel=channel)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "debros.gateway.workers", f"{self.name}/{handed.count}",
            stdin=asyncio.subprocess.PIPE,
            pass_fds=(channel, handed.memory, *handed.sockets),
        )  # fmt: skip
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended already; its status tells
            process.stdin.write(handed.dump())
            await process.stdin.drain()
            process.stdin.close()
        return process

    async def _listen(self, channel: Channel) -> None:
        while (message := await channel.receive()) is not None:
            match message:
                case Ready():
                    self.heard = time.monotonic()
                    self.serving.set()
                    if self._opened:
                        self._say(Open())
                    _log.info("a worker serves", worker=self.name, pid=self._process and self._process.pid)
                case Draining():
                    self.draining.set()
                case Alive():
                    self.heard = time.monotonic()
                case Revoked() | Topics():
                    answer = asyncio.get_running_loop().create_task(self._answer(channel, message))
                    self._answers.add(answer)
                    answer.add_done_callback(self._answers.discard)

    async def _answer(self, channel: Channel, asked: Revoked | Topics) -> None:
        others = self._others(self)
        if isinstance(asked, Revoked):
            await others.look()
            channel.send(Done(asked.id))
        else:
            channel.send(Subscribers(asked.id, await others.topics(asked.namespace)))
