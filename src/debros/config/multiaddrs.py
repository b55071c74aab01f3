"""The few multiaddrs a configuration may hold, read without libp2p.

Importing libp2p or multiaddr costs about a second and 80 MB, which a command-line tool and the gateway must not pay.
The forms are those of https://github.com/multiformats/multiaddr for TCP.
"""

import ipaddress
from dataclasses import dataclass

import base58

from debros.config.addresses import PortError, is_ip, is_name, parse_host, parse_port

# A peer id of an Ed25519 key: identity multihash (00 24) of its protobuf form (08 01 12 20 + 32 bytes), libp2p specs.
_ED25519_PEER = bytes.fromhex("002408011220")
_PEER_LENGTH = len(_ED25519_PEER) + 32
_HOST_PROTOCOLS = ("ip4", "ip6", "dns", "dns4", "dns6")
PEER_ID_PREFIX = "12D3KooW"
FORM = f"/ip4/HOST/tcp/PORT/p2p/PEERID (or {', '.join(_HOST_PROTOCOLS[1:])})"


@dataclass(frozen=True)
class TcpAddress:
    """A multiaddr ``/<protocol>/<host>/tcp/<port>[/p2p/<peer id>]``."""

    protocol: str
    host: str
    port: int
    peer_id: str | None = None

    def __str__(self) -> str:
        peer = f"/p2p/{self.peer_id}" if self.peer_id else ""
        return f"/{self.protocol}/{self.host}/tcp/{self.port}{peer}"


def is_peer_id(text: str) -> bool:
    """Whether the text is the peer id of an Ed25519 key, the only kind this network makes (``12D3KooW…``)."""
    try:
        raw = base58.b58decode(text)
    except ValueError:
        return False
    return len(raw) == _PEER_LENGTH and raw.startswith(_ED25519_PEER)


def parse(text: str) -> TcpAddress:
    """Read a TCP multiaddr; IP addresses come back in their shortest form, so that equal ones compare equal.

    Raises:
        addresses.PortError: the form is right, but not the port.
        ValueError: it is not such a multiaddr.
    """
    parts = text.split("/")
    if len(parts) not in (5, 7) or parts[0] or parts[3] != "tcp":
        raise ValueError("not /<ip4|ip6|dns>/<host>/tcp/<port>")
    protocol, host = parts[1:3]
    if protocol not in _HOST_PROTOCOLS:
        raise ValueError(f"not one of {', '.join(_HOST_PROTOCOLS)}")
    host = _host(protocol, host)
    peer_id = None
    if len(parts) == 7:  # five parts are the address, two more the peer
        if parts[5] != "p2p" or not is_peer_id(parts[6]):
            raise ValueError("not a peer id")
        peer_id = parts[6]
    return TcpAddress(protocol, host, parse_port(parts[4]), peer_id)


def what_is_wrong(text: str) -> str | None:
    """Say why the text is no TCP multiaddr; None when it is one."""
    try:
        parse(text)
    except PortError as error:
        return f"port {error} is not between 1 and 65535"
    except ValueError as error:
        return str(error)
    return None


def from_host(text: str, port: int) -> TcpAddress:
    """Make the address of a peer of which only the host is known, so its peer id is learned on connecting.

    Args:
        text: an IPv4 or IPv6 address or a DNS name.
        port: the TCP port to use.

    Raises:
        ValueError: not a host. A bare peer id is none, although it could pass for a DNS name.
    """
    host = parse_host(text)
    if host.startswith(PEER_ID_PREFIX):
        raise ValueError("a peer id is not a host")
    if not is_ip(host):
        return TcpAddress("dns", host, port)
    address = ipaddress.ip_address(host)
    return TcpAddress(f"ip{address.version}", str(address), port)


def parse_peer(text: str, default_port: int) -> TcpAddress:
    """Read a bootstrap peer: a multiaddr, or a bare host that gets ``default_port``.

    Raises:
        addresses.PortError: the form is right, but not the port.
        ValueError: it is neither.
    """
    return parse(text) if text.startswith("/") else from_host(text, default_port)


def _host(protocol: str, host: str) -> str:
    if protocol == "ip4":
        return str(ipaddress.IPv4Address(host))
    if protocol == "ip6":
        if "%" in host:
            raise ValueError("an IPv6 zone has no place in an ip6 component")
        return str(ipaddress.IPv6Address(host))
    if not is_name(host):
        raise ValueError("not a DNS name")
    return host
