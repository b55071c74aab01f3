"""A gateway on a host without a node: it runs the p2p daemon in client mode beside itself, and restarts it.

That is a process of its own for the reasons a node is one: the gateway imports neither trio nor libp2p, and whatever
happens in there, HTTP goes on.
"""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Final

from debros import logs
from debros.config import GatewayConfig

_log = logs.get("debros.gateway.clientmode")

# Seconds between two starts of a daemon that does not stay up, growing.
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
# Seconds after which a daemon was up, so that the next pause is short again.
_LASTING: Final = 60.0
# A new daemon may take so long, on a busy machine, before it is a matter for the log.
_STARTING: Final = 60.0
# It says goodbye to its peers within three (debros.p2p.host).
_STOP_SECONDS: Final = 8.0


def wanted(config: GatewayConfig) -> bool:
    """Tell whether the gateway reaches its peers by itself: bootstrap_peers are given."""
    return bool(config.bootstrap_peers)


def socket(config: GatewayConfig) -> Path:
    """Return the Unix socket behind which the gateway's peers are: the node's, or that of its own daemon."""
    return config.data_dir / "p2p-client.sock" if wanted(config) else config.p2p_socket


def grace(config: GatewayConfig) -> float:
    """Return the seconds its peers may take to come up: a node is there before the gateway, its own daemon is not."""
    return _STARTING if wanted(config) else 0.0


class ClientDaemon:
    """Keeps the daemon running from `start` to `close`.

    Args:
        config: the gateway's, with bootstrap peers.
    """

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the background."""
        self._task = asyncio.get_running_loop().create_task(self._keep(), name="p2p-client-daemon")

    async def close(self) -> None:
        """End the daemon and wait for it."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep(self) -> None:
        pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                status = await self._run()
            except OSError as error:
                _log.error("the p2p daemon cannot be started", reason=str(error), retry_in=pause)
            else:
                if loop.time() - began >= _LASTING:
                    pause = FIRST_PAUSE
                _log.warning("the p2p daemon has ended; its log says why", exit_status=status, retry_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _run(self) -> int:
        self._config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # It ends with its standard input, so also when this process is killed.
        process = await asyncio.create_subprocess_exec(*self._command(), stdin=asyncio.subprocess.PIPE)
        try:
            return await process.wait()
        finally:
            await asyncio.shield(_end(process))

    def _command(self) -> list[str]:
        config = self._config
        line = [sys.executable, "-m", "debros.p2p.daemon", "--socket", str(socket(config))]
        line += ["--key", str(config.data_dir / "p2p-client.key")]
        for address in config.bootstrap_peers:
            line += ["--bootstrap", address]
        line += ["--log-level", config.logging.level, "--log-format", config.logging.format]
        return [*line, "--log-file", str(config.logging.output_file)] if config.logging.output_file else line


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
