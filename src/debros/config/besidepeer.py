"""Where the gateway beside a bootstrap peer is reached."""

from debros.config import multiaddrs

# Every service of a host is counted from the same base: host N has 4000+N (libp2p), 6000+N (gateway).
_GATEWAY_MINUS_PEER = 2000
_HIGHEST_PORT = 65535


def gateway_url(text: str) -> str:
    """Return the address of the gateway on a bootstrap peer's host.

    Args:
        text: the peer's multiaddr, with or without its id.

    Raises:
        ValueError: it is no multiaddr of a TCP port, or no gateway port belongs to that port.
    """
    peer = multiaddrs.parse(text)
    port = peer.port + _GATEWAY_MINUS_PEER
    if port > _HIGHEST_PORT:
        raise ValueError(f"no gateway port belongs to peer port {peer.port}; use gateway (--gateway)")
    return f"http://[{peer.host}]:{port}" if ":" in peer.host else f"http://{peer.host}:{port}"
