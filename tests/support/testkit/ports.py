"""Ports for tests, so that suites, benches and `make up` can run side by side."""

import os
import random
import socket
from pathlib import Path

HOSTS = 3
BASES = (4000, 5000, 6000, 7000, 8000)  # libp2p, rqlite HTTP, gateway, Raft, figures


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


# Above those of local clusters and below those the kernel gives to outgoing connections: a port that is free stays so
# until its server has started, and while it restarts.
_LOWEST = 10000
_HIGHEST = max(int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0]), _LOWEST + 10000)
_given: set[int] = set()

# pytest-xdist: each worker gives ports of its own, since one it has given may not be taken yet.
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def free_ports(count: int) -> list[int]:
    """Return ports that nobody uses, and that nobody was given before."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(_LOWEST + _WORKER, _HIGHEST, _WORKERS)
        if port not in _given and _free(port):
            _given.add(port)
            ports.append(port)
    return ports


def free_port() -> int:
    """Return a port that nobody uses."""
    return free_ports(1)[0]


def free_offset() -> int:
    """Return a DEBROS_PORT_OFFSET whose ports for `HOSTS` hosts are all free.

    Below 990, so that one base's ports never run into the next base's.
    """
    candidates = list(range(10, 990, 10))[_WORKER::_WORKERS]
    random.shuffle(candidates)
    for offset in candidates:
        if all(_free(base + host + offset) for base in BASES for host in range(1, HOSTS + 1)):
            return offset
    raise RuntimeError("no port offset between 10 and 980 is free for a cluster of three hosts")
