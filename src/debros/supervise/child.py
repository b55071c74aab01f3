"""One run of one process: spawned into its own group, output into the log, exit seen through a pidfd."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from debros.supervise import guard
from debros.supervise.logfile import RotatingLog
from debros.supervise.proc import ProcessIdentity, identify
from debros.supervise.spec import ProcessSpec

# Seconds to wait for the last output after the exit; more only when a process that left the group still holds the pipe.
DRAIN_TIMEOUT = 1.0


class _Pump(asyncio.Protocol):
    """Moves a pipe's bytes into the log. File writes of a few KiB on the loop cost less than a thread would."""

    def __init__(self, log: RotatingLog) -> None:
        self._log = log
        self.drained = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self._log.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        if not self.drained.done():
            self.drained.set_result(None)


class Child:
    """A running process and everything held for it; `wait` must be awaited to the end to release it."""

    def __init__(self, process: subprocess.Popen[bytes], identity: ProcessIdentity | None, pump: _Pump) -> None:
        self.pid = process.pid
        self.identity = identity
        self._process = process
        self._pump = pump
        self._transport: asyncio.BaseTransport | None = None
        self._pidfd = os.pidfd_open(process.pid)
        self._exited = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(self._pidfd, self._on_exit)

    @classmethod
    async def spawn(cls, spec: ProcessSpec, log: RotatingLog) -> "Child":
        """Start the process.

        Raises:
            OSError: It cannot be started at all (no memory, no such working directory). A missing command shows up as
                exit code 127 and a line in the log instead.
        """
        argv = [sys.executable, "-I", "-S", str(Path(guard.__file__)), str(os.getpid()), *spec.argv]
        process = subprocess.Popen(  # noqa: ASYNC220,S603 -- fork and exec take a millisecond; the command is the caller's spec
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=None if spec.env is None else dict(spec.env),
            cwd=spec.cwd,
            process_group=0,  # so that whatever it starts can be ended with it, and Ctrl-C reaches only the supervisor
        )
        child = cls(process, identify(process.pid), _Pump(log))
        loop = asyncio.get_running_loop()
        try:
            child._transport, _ = await loop.connect_read_pipe(lambda: child._pump, process.stdout)
        except BaseException:
            child.abandon()
            raise
        return child

    async def wait(self) -> int:
        """Wait for the exit and the last output; return the exit code, or minus the signal's number."""
        code: int = await asyncio.shield(self._exited)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._pump.drained), DRAIN_TIMEOUT)
        if self._transport is not None:
            self._transport.close()
        return code

    def terminate(self) -> None:
        """Ask the process to stop (SIGTERM); its own children are its own business."""
        if not self._exited.done():
            signal.pidfd_send_signal(self._pidfd, signal.SIGTERM)

    def kill(self) -> None:
        """End the whole group (SIGKILL)."""
        if not self._exited.done():
            self._kill_group()

    def abandon(self) -> None:
        """End the group and release everything at once, for a supervisor that is itself being cancelled."""
        if not self._exited.done():
            self._kill_group()
            self._on_exit()
        if self._transport is not None:
            self._transport.close()

    def _on_exit(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        # Not reaped yet, so the number is still ours: the rest of the group can be ended without hitting a stranger.
        self._kill_group()
        code = self._process.wait()
        os.close(self._pidfd)
        self._exited.set_result(code)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
