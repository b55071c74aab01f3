"""Processor time of the processes behind ports: what a neighbour on the machine hardly changes, unlike rates."""

from __future__ import annotations

import psutil


class Meter:
    """The process that listens on a port of this machine."""

    def __init__(self, port: int) -> None:
        owners = {
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr[1] == port
        }
        if len(owners) != 1 or None in owners:
            raise SystemExit(f"expected one process of ours on port {port}, found {len(owners)}")
        self._process = psutil.Process(owners.pop())

    def seconds(self) -> float:
        """Return the seconds of user and system time it has used."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Return the bytes it has for itself alone (USS)."""
        return int(self._process.memory_full_info().uss)
