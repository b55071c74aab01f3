"""The process that keeps a local cluster running after `make up` has returned: `python -m debros.local.daemon`.

SIGTERM stops everything. SIGHUP reads cluster.json again and starts hosts that were added.
"""

import asyncio
import dataclasses
import logging
import logging.handlers
import os
import signal
import sys
import time
from typing import Any

from debros.local import cluster as clusters
from debros.local import processes, running
from debros.local.errors import LocalError
from debros.local.layout import Layout
from debros.supervise import Supervisor, identify, write_status

log = logging.getLogger("debros.local.daemon")


class Daemon:
    """The supervisor together with its status file."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._hosts = 0
        self._started_at = time.time()
        self._write_scheduled = False
        self._supervisor = Supervisor([], on_change=self._on_change)

    async def run(self) -> None:
        """Run the cluster until SIGTERM."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload)
        self._add_hosts()
        self._write()
        await self._supervisor.run()

    def _add_hosts(self) -> None:
        cluster = clusters.load(os.environ)
        for host in cluster.layout.hosts(cluster.hosts)[self._hosts :]:
            for spec in processes.of_host(cluster.layout, host):
                self._supervisor.add(spec)
            log.info("host %d added", host.number)
        self._hosts = max(self._hosts, cluster.hosts)

    def _reload(self) -> None:
        try:
            self._add_hosts()
        except LocalError:
            log.exception("cluster.json was not taken")
        self._write()

    def _on_change(self) -> None:
        # Many changes of one moment (a stop of everything) are one write.
        if not self._write_scheduled:
            self._write_scheduled = True
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        self._write_scheduled = False
        try:
            write_status(self._layout.status_file, self._document())
        except OSError as error:  # a full disk is no reason to stop what still works
            log.warning("%s: %s", self._layout.status_file, error.strerror)

    def _document(self) -> dict[str, Any]:
        me = identify(os.getpid())
        return {
            "version": 1,
            "hosts": self._hosts,
            "supervisor": {
                "pid": os.getpid(),
                "start_time": me.start_time if me else None,
                "started_at": self._started_at,
            },
            "processes": [dataclasses.asdict(process) for process in self._supervisor.status()],
        }


def main() -> None:
    """Run until told to stop; exit 1 when another supervisor is already running here."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until `run` takes it; cluster.json is read after that
    os.umask(0o077)
    try:
        layout = clusters.load(os.environ).layout
        if not running.hold_supervisor_lock(layout):
            sys.exit("another supervisor is already running this cluster")
        handler = logging.handlers.RotatingFileHandler(layout.log("supervisor"), maxBytes=1_000_000, backupCount=1)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logging.basicConfig(level=logging.INFO, handlers=[handler])
        for name in running.end_leftovers(layout):
            log.warning("%s was left by a supervisor that died; ended it", name)
        log.info("supervisor started, pid %d", os.getpid())
        asyncio.run(Daemon(layout).run())
        layout.status_file.unlink(missing_ok=True)
        log.info("supervisor stopped")
    except (LocalError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
