"""Bootstrap peers in the one form that the peer-to-peer side reads."""

from debros.config import multiaddrs
from debros.config.types import NodeConfig


def bootstrap_multiaddrs(config: NodeConfig) -> list[str]:
    """List a node's bootstrap peers as multiaddrs.

    Returns:
        Multiaddrs in their shortest spelling; those of bare hosts have ``discovery.bootstrap_port`` and no ``/p2p``.
    """
    discovery = config.discovery
    return [str(multiaddrs.parse_peer(text, discovery.bootstrap_port)) for text in discovery.bootstrap_peers]
