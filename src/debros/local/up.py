"""`make up`: to a healthy cluster, from nothing, from a stopped or a running one, or from what a crash left."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from typing import TextIO

from debros.local import cluster as clusters
from debros.local import health, ports, preflight, processes, provision, rqlited, running, summary
from debros.local.cluster import Cluster
from debros.local.down import stop
from debros.local.errors import LocalError
from debros.local.layout import Layout
from debros.local.progress import Progress
from debros.terminal.errors import CliError

TIMEOUT = 120.0  # seconds until every process of every host has to answer


def up(hosts: int | None, out: TextIO) -> None:
    """Bring the cluster up and print where it is.

    Args:
        hosts: How many; None means as many as it has, or 1 for a new one.
        out: Where progress and summary go.

    Raises:
        LocalError: It did not come up; what this call had started is stopped again.
    """
    began = time.monotonic()
    layout = clusters.load(os.environ).layout
    preflight.check_directory(layout)
    with running.exclusive(layout):
        before = clusters.load(os.environ)
        cluster = Cluster(before.layout, _decide(hosts, before))
        was_running = running.supervisor(layout) is not None
        changed = not was_running or cluster.hosts > before.hosts
        if changed:
            _prepare(cluster, out, already=before.hosts if was_running else 0)
        try:
            if changed:
                _start(layout, was_running=was_running)
            _wait(cluster, out)
        except (LocalError, KeyboardInterrupt) as error:
            if was_running:
                raise
            stop(layout)
            reason = str(error) or "Interrupted."
            raise LocalError(f"{reason}\nNothing is left running; `make up` starts again from here.") from error
        _save_credentials(cluster)
    out.write(summary.text(cluster, time.monotonic() - began if changed else None))


def _decide(wanted: int | None, cluster: Cluster) -> int:
    """Return how many hosts to run.

    Raises:
        LocalError: Fewer are wanted than there are. They are members of the Raft cluster: with most of them gone it
            has no majority, and no write is ever acknowledged again.
    """
    if wanted is None:
        return cluster.hosts or 1
    if wanted < cluster.hosts:
        home = summary.shorten(cluster.layout.home)
        raise LocalError(
            f"This cluster has {cluster.hosts} hosts, and its database needs most of them, so it cannot simply run "
            f"with {wanted}.\nTo go on with all of them: make up\nTo begin anew with {wanted}, giving up its data: "
            f"make down && rm -r {home} && NODES={wanted} make up"
        )
    return wanted


def _prepare(cluster: Cluster, out: TextIO, *, already: int) -> None:
    """Check and write everything the hosts beyond the `already` running ones need."""
    layout = cluster.layout
    preflight.check_space(layout)
    if already == 0:
        ended = running.end_leftovers(layout)
        out.writelines(f"{name} was left by a supervisor that died: ended it.\n" for name in ended)
    new = layout.hosts(cluster.hosts)[already:]
    ports.check_free((port for host in new for port in ports.of_host(host)), _ports_way_out(layout))
    rqlited.obtain(layout, new, out)
    provision.provision(cluster)


def _ports_way_out(layout: Layout) -> str:
    if layout.cluster_file.exists():  # its configuration files name the ports
        return (
            "Stop what holds them, or run another cluster on other ports: "
            "DEBROS_HOME=~/.debros/dev2 DEBROS_PORT_OFFSET=100 make up"
        )
    return "Stop what holds them, or use other ports: DEBROS_PORT_OFFSET=100 make up"


def _start(layout: Layout, *, was_running: bool) -> None:
    """Start the supervisor, or tell the running one that there are more hosts."""
    if was_running:
        supervisor = running.supervisor(layout)
        if supervisor is not None:
            os.kill(supervisor.pid, signal.SIGHUP)
        return
    errors = layout.logs / "supervisor.err"
    with errors.open("wb") as file:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "debros.local.daemon"],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=layout.home,
            env=os.environ | {"DEBROS_HOME": str(layout.home)},
            start_new_session=True,  # neither Ctrl-C nor the end of this terminal reaches it
        )
    while running.supervisor(layout) is None:
        if daemon.poll() is not None:
            said = " ".join(health.tail(errors, health.TAIL_LINES)) or f"exit code {daemon.returncode}"
            raise LocalError(f"The supervisor could not start: {said}")
        time.sleep(0.02)
    # It outlives us; without this, Popen would complain at exit about a child that still runs.
    daemon.returncode = 0


def _wait(cluster: Cluster, out: TextIO) -> None:
    hosts = cluster.layout.hosts(cluster.hosts)
    names = [name for host in hosts for name in processes.names(host)]
    with Progress(names, out) as progress:
        asyncio.run(health.wait(cluster.layout, hosts, timeout=TIMEOUT, show=progress.update))


def _save_credentials(cluster: Cluster) -> None:
    """Let `network-cli` find the key by itself."""
    from debros.cli.credentials import save_api_key  # noqa: PLC0415 -- only here, at the end of a successful start

    try:
        for host in cluster.layout.hosts(cluster.hosts):
            save_api_key(None, host.gateway_url, provision.api_key(cluster.layout), provision.NAMESPACE)
    except (CliError, OSError) as error:
        raise LocalError(f"The cluster is up, but network-cli was not given its key: {error}") from error
