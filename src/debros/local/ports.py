"""Are the ports free? Asked before anything is started, so that the answer can say who has them."""

import errno
import shlex
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from debros.local.errors import LocalError
from debros.local.layout import LOOPBACK, Host


@dataclass(frozen=True, slots=True)
class Port:
    """A port and what the cluster needs it for."""

    number: int
    purpose: str


def of_host(host: Host) -> list[Port]:
    """Return the ports a host listens on."""
    return [
        Port(host.p2p_port, f"libp2p of host {host.number}"),
        Port(host.rqlite_port, f"rqlite's HTTP API of host {host.number}"),
        Port(host.gateway_port, f"gateway of host {host.number}"),
        Port(host.metrics_port, f"figures of the gateway of host {host.number}"),
        Port(host.raft_port, f"rqlite's Raft of host {host.number}"),
    ]


def check_free(ports: Iterable[Port], way_out: str) -> None:
    """Return when every port can be listened on.

    Args:
        ports: The ports to try.
        way_out: What to do instead of stopping the holders; ends the message.

    Raises:
        LocalError: Names each taken port, its purpose and its holder.
    """
    problems = [(port, reason) for port in ports if (reason := _why_not(port.number))]
    if problems:
        lines = [f"  - {port.number} ({port.purpose}): {reason}" for port, reason in problems]
        raise LocalError("These ports cannot be used:\n" + "\n".join(lines) + "\n" + way_out)


def _why_not(number: int) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of an earlier run that linger in TIME_WAIT are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, number))
        except OSError as error:
            return f"taken by {_holder(number)}" if error.errno == errno.EADDRINUSE else str(error.strerror)
    return None


def _holder(number: int) -> str:
    """Describe the process that listens on the port, as far as this user may see it."""
    try:
        sockets = psutil.net_connections(kind="tcp")
    except psutil.Error:
        sockets = []
    pids = [s.pid for s in sockets if s.laddr and s.laddr.port == number and s.pid and s.status == psutil.CONN_LISTEN]
    if not pids:
        return f"a process of another user (to see it: sudo ss -ltnp 'sport = :{number}')"
    try:
        process = psutil.Process(pids[0])
        command = shlex.join(process.cmdline())[:80]
        return f"{process.name()}, pid {pids[0]} ({command}); to end it: kill {pids[0]}"
    except psutil.Error:
        return f"pid {pids[0]}"
