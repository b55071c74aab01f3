"""``<data_dir>/peer.info``: the one line other hosts need to connect to this node."""

import ipaddress
from pathlib import Path

from debros import files
from debros.config.types import DiscoverySection


def announced(discovery: DiscoverySection) -> str:
    """Return the host (or host:port) that other nodes are told to dial; "" when none is configured.

    On servers rqlite's HTTP API is advertised on loopback, which no other host can dial; its Raft address is not.
    """
    given = [address for address in (discovery.http_adv_address, discovery.raft_adv_address) if address]
    return next((address for address in given if not _is_loopback(address)), given[0] if given else "")


def _is_loopback(address: str) -> bool:
    host = address.removeprefix("[").partition("]")[0] if address.count(":") > 1 else address.partition(":")[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def write(data_dir: Path, multiaddr: str) -> Path:
    """Put a dialable multiaddr (ending in ``/p2p/<peer id>``) into the file, in one step.

    Returns:
        The file.

    Raises:
        OSError: it cannot be written.
    """
    path = data_dir / "peer.info"
    files.replace(path, f"{multiaddr}\n", mode=0o644)
    return path
