"""`make run-node`, `make run-gateway`: one host's processes in the foreground, their output on the terminal."""

import asyncio
import dataclasses
import os
from typing import TextIO

from debros.local import cluster as clusters
from debros.local import ports, preflight, processes, provision, rqlited, running
from debros.local.cluster import Cluster
from debros.local.errors import LocalError
from debros.local.logs import INTERVAL, Follower, prefixed
from debros.supervise import ProcessSpec, Supervisor


def run_node(number: int, out: TextIO) -> None:
    """Run rqlited and node of one host until Ctrl-C.

    Raises:
        LocalError: It cannot start.
    """
    _run(number, out, gateway=False)


def run_gateway(number: int, out: TextIO) -> None:
    """Run the gateway of one host until Ctrl-C; the host's rqlited and node may be started before or after.

    Raises:
        LocalError: It cannot start.
    """
    _run(number, out, gateway=True)


def _run(number: int, out: TextIO, *, gateway: bool) -> None:
    preflight.check_directory(clusters.load(os.environ).layout)
    before = clusters.load(os.environ)
    cluster = Cluster(before.layout, max(number, before.hosts))
    host = cluster.layout.host(number)
    with running.exclusive(cluster.layout):
        if running.supervisor(cluster.layout) is not None:
            raise LocalError("This cluster is running in the background. Stop it first: make down")
        preflight.check_space(cluster.layout)
        needed = [
            port for port in ports.of_host(host) if (port.number in (host.gateway_port, host.metrics_port)) == gateway
        ]
        ports.check_free(
            needed, "Stop what holds them, or name another cluster with DEBROS_HOME and DEBROS_PORT_OFFSET."
        )
        if not gateway:
            rqlited.obtain(cluster.layout, [host], out)
        provision.provision(cluster)
    specs = processes.of_host(cluster.layout, host, alone=True)
    asyncio.run(_run_and_show([dataclasses.replace(specs[-1], after=())] if gateway else specs[:-1], out))


async def _run_and_show(specs: list[ProcessSpec], out: TextIO) -> None:
    followers = {spec.name: Follower(spec.log_path) for spec in specs}

    def show() -> None:
        for name, follower in followers.items():
            out.writelines(prefixed(name, line) for line in follower.lines())
        out.flush()

    async def keep_showing() -> None:
        while True:
            show()
            await asyncio.sleep(INTERVAL)

    showing = asyncio.create_task(keep_showing())
    try:
        await Supervisor(specs).run()
    finally:
        showing.cancel()
        show()
