"""Processor time of the processes behind ports: what a neighbour on the machine hardly changes, unlike rates."""

from __future__ import annotations

import psutil

_WORKER = "debros.gateway.workers"


class Meter:
    """The processes that listen on a port of this machine: one, or a gateway's parent and workers."""

    def __init__(self, port: int) -> None:
        owners = {
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr[1] == port
        }
        if not owners or None in owners:
            raise SystemExit(f"expected processes of ours on port {port}, found {len(owners)}")
        self._processes = [process for owner in owners if owner for process in _family(psutil.Process(owner))]

    def seconds(self) -> float:
        """Return the seconds of user and system time they have used."""
        times = [process.cpu_times() for process in self._processes]
        return float(sum(one.user + one.system for one in times))

    def memory(self) -> int:
        """Return the bytes that each has for itself alone (USS), added up."""
        return sum(int(process.memory_full_info().uss) for process in self._processes)


def _family(owner: psutil.Process) -> list[psutil.Process]:
    """Return a process with those that share its listening socket, of which psutil names one only."""
    parent = owner.parent() if _WORKER in owner.cmdline() else owner
    if parent is None:
        return [owner]
    return [parent, *(child for child in parent.children() if _WORKER in child.cmdline())]
