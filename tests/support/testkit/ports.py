"""A port offset at which a whole local cluster fits, so that suites, benches and `make up` can run side by side."""

import random
import socket

HOSTS = 3
BASES = (4000, 5000, 6000, 7000)  # libp2p, rqlite HTTP, gateway, Raft


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_offset() -> int:
    """Return a DEBROS_PORT_OFFSET whose ports for `HOSTS` hosts are all free.

    Below 990, so that one base's ports never run into the next base's.
    """
    candidates = list(range(10, 990, 10))
    random.shuffle(candidates)
    for offset in candidates:
        if all(_free(base + host + offset) for base in BASES for host in range(1, HOSTS + 1)):
            return offset
    raise RuntimeError("no port offset between 10 and 980 is free for a cluster of three hosts")
