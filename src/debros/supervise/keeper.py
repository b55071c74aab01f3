"""Keep one process running: start, ask whether it is ready, restart with back-off, stop."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from debros.supervise.child import Child
from debros.supervise.logfile import RotatingLog
from debros.supervise.spec import (
    QUICK_EXIT,
    QUICK_EXITS_TO_FAIL,
    LastExit,
    ProcessSpec,
    ProcessStatus,
    State,
)

log = logging.getLogger(__name__)


class Keeper:
    """The life of one process under one supervisor.

    `settled` is set when the process was ready for the first time or its `ready_timeout` is used up: dependents start
    then.
    `stopped` is set when it has ended for good.
    """

    def __init__(self, spec: ProcessSpec, after: list["Keeper"], on_change: Callable[[], None]) -> None:
        self.spec = spec
        self.after = after
        self.settled = asyncio.Event()
        self.stopped = asyncio.Event()
        self._stop_requested = asyncio.Event()
        self._on_change = on_change
        self._state = State.WAITING
        self._child: Child | None = None
        self._starts = 0
        self._started_at: float | None = None
        self._last_exit: LastExit | None = None
        self._failures = 0
        self._quick_exits = 0

    def status(self) -> ProcessStatus:
        """Return what is known now."""
        child = self._child
        return ProcessStatus(
            name=self.spec.name,
            state=self._state,
            pid=child.pid if child else None,
            start_time=child.identity.start_time if child and child.identity else None,
            started_at=self._started_at,
            restarts=max(self._starts - 1, 0),
            last_exit=self._last_exit,
            log=str(self.spec.log_path),
        )

    async def stop(self) -> None:
        """Stop the process for good: SIGTERM, SIGKILL after `stop_timeout`."""
        self._stop_requested.set()
        await self.stopped.wait()

    async def run(self) -> None:
        """Keep the process running until `stop`; a cancellation kills it at once."""
        try:
            for earlier in self.after:
                await self._unless_stopped(asyncio.create_task(earlier.settled.wait()))
            output = RotatingLog(self.spec.log_path)
            try:
                while not self._stop_requested.is_set():
                    await self._run_once(output)
                    await self._pause()
            finally:
                output.close()
        finally:
            if self._child is not None:
                self._child.abandon()
                self._child = None
            self._change(State.STOPPED)
            self.stopped.set()

    async def _run_once(self, output: RotatingLog) -> None:
        self._starts += 1
        self._started_at = time.time()
        began = time.monotonic()
        try:
            self._child = child = await Child.spawn(self.spec, output)
        except OSError as error:
            output.write(f"cannot start {self.spec.argv[0]}: {error}\n".encode())
            self._count_exit(1, 0.0)
            return
        if self._starts == 1:
            asyncio.get_running_loop().call_later(self.spec.ready_timeout, self.settled.set)
        self._change(State.STARTING)
        log.info("started %s, pid %d", self.spec.name, child.pid)
        asking = asyncio.create_task(self._ask_until_ready())
        exiting = asyncio.create_task(child.wait())
        try:
            await self._unless_stopped(exiting, cancel=False)
            asking.cancel()
            if not exiting.done():
                await self._end(child, exiting)
            code = await exiting
        finally:
            asking.cancel()
            exiting.cancel()
        self._child = None
        log.info("%s ended with code %d after %.1f s", self.spec.name, code, time.monotonic() - began)
        self._count_exit(code, time.monotonic() - began)

    async def _end(self, child: Child, exiting: "asyncio.Task[int]") -> None:
        self._change(State.STOPPING)
        child.terminate()
        done, _ = await asyncio.wait([exiting], timeout=self.spec.stop_timeout)
        if not done:
            log.warning("%s did not stop within %.0f s: killed", self.spec.name, self.spec.stop_timeout)
            child.kill()

    def _count_exit(self, code: int, lasted: float) -> None:
        self._last_exit = LastExit(code, time.time())
        if lasted >= self.spec.backoff.healthy_after:
            self._failures = 0
        self._failures += 1
        # Its own word counts where it has one: on a slow machine, starting alone takes longer than any limit.
        refused = lasted < QUICK_EXIT if self.spec.ready is None else self._state is not State.READY
        self._quick_exits = self._quick_exits + 1 if code == 1 and refused else 0

    async def _pause(self) -> None:
        """Wait before the next start."""
        if self._stop_requested.is_set():
            return
        delay = self.spec.backoff.delay(self._failures)
        state = State.BACKOFF
        if self._quick_exits >= QUICK_EXITS_TO_FAIL:
            # Trying harder will not help, but the cause may be mended while we run.
            delay, state = self.spec.backoff.limit, State.FAILED
        self._change(state)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop_requested.wait(), delay)

    async def _ask_until_ready(self) -> None:
        ready, interval = self.spec.ready, self.spec.ready_interval
        while ready is not None:
            try:
                if await ready():
                    break
            except Exception as error:  # noqa: BLE001 -- a probe that cannot ask has its answer: not ready
                log.debug("%s is not ready: %r", self.spec.name, error)
            await asyncio.sleep(interval)
            # A question leaves a line in the log of many programs: a long wait must not bury what went wrong.
            interval = min(interval * 1.5, max(self.spec.ready_interval, 1.0))
        self.settled.set()
        self._change(State.READY)

    async def _unless_stopped(self, task: "asyncio.Task[Any]", *, cancel: bool = True) -> None:
        """Wait for the task, but no longer than until `stop` is called."""
        stopping = asyncio.create_task(self._stop_requested.wait())
        try:
            await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if cancel:
                task.cancel()

    def _change(self, state: State) -> None:
        self._state = state
        self._on_change()
