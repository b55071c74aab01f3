"""Multiaddrs: what they say, whether they can be listened on, and which one to tell others."""

import errno
import ipaddress
import socket
from collections.abc import Sequence

import trio
from libp2p.peer.id import ID
from multiaddr import Multiaddr

from debros.config import multiaddrs
from debros.p2p.protocol import P2PError

_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
_NO_ROUTE = ("127.0.0.1", "::1")

# An SHA-256 digest and two bytes before it; an Ed25519 key is a little longer.
_SHORTEST_ID = 34


class ListenError(Exception):
    """The node cannot listen where it is told to; the text says where and why."""


def split_peer(multiaddr: str) -> tuple[Multiaddr, str | None]:
    """Split ``/…/tcp/<port>/p2p/<peer id>`` into the transport's part and the peer id (None when there is none).

    Raises:
        P2PError: it is not a multiaddr with a TCP port (`invalid_multiaddr`).
    """
    try:
        address = Multiaddr(multiaddr)
        names = [protocol.name for protocol in address.protocols()]
        if "tcp" not in names or names[-1] not in ("tcp", "p2p"):
            raise ValueError  # noqa: TRY301 - the same answer as for an unreadable one
        if names[-1] == "tcp":
            return address, None
        peer_id = str(address.value_for_protocol("p2p"))
        return address.decapsulate(Multiaddr(f"/p2p/{peer_id}")), peer_id
    except Exception as error:  # multiaddr has no common base class for its errors
        wrong = multiaddrs.what_is_wrong(multiaddr) or "not a multiaddr"
        raise P2PError("invalid_multiaddr", f"{multiaddr}: {wrong}; expected {multiaddrs.FORM}") from error


def peer_id(text: str) -> ID:
    """Read a peer id: base58 of an SHA-256 multihash, or of one that holds the key itself (the libp2p specification).

    Raises:
        P2PError: it is none (`invalid_peer_id`).
    """
    try:
        found = ID.from_string(text)
        raw = found.to_bytes()
    except Exception as error:  # base58 and multibase have no common base class for theirs
        raise P2PError("invalid_peer_id", f"{text!r} is not a peer id") from error
    if str(found) != text or raw[:1] not in (b"\x00", b"\x12") or len(raw) < _SHORTEST_ID or raw[1] != len(raw) - 2:
        raise P2PError("invalid_peer_id", f"{text!r} is not a peer id; expected one like 12D3KooW…")
    return found


async def resolve(address: Multiaddr) -> list[Multiaddr]:
    """The IP addresses behind ``/dns…/<name>/tcp/<port>``, by the system's resolver; an IP address is itself.

    libp2p asks a DNS server and so knows nothing of /etc/hosts.

    Raises:
        P2PError: the name has no address (`unreachable`).
    """
    kind, host, _, port = str(address).strip("/").split("/")[:4]
    families = {"dns": socket.AF_UNSPEC, "dns4": socket.AF_INET, "dns6": socket.AF_INET6}
    if kind not in families:
        return [address]
    try:
        found = await trio.socket.getaddrinfo(host, int(port), families[kind], socket.SOCK_STREAM)
    except OSError as error:
        raise P2PError(
            "unreachable", f"{address}: this host knows no address of {host} ({error.strerror}); check its spelling"
        ) from error
    return [Multiaddr(f"{_host_part(str(sockaddr[0]))}/tcp/{port}") for *_, sockaddr in found]


def check_listen(multiaddrs: Sequence[str]) -> None:
    """Try each address once, because libp2p swallows the reason when it cannot listen.

    Raises:
        ListenError: an address is taken, not ours, or not allowed.
    """
    for text in multiaddrs:
        if text.split("/")[1] not in ("ip4", "ip6"):
            raise ListenError(f"cannot listen on {text}: a listen address begins with /ip4 or /ip6")
        host, port = _endpoint(text)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((host, port))
                probe.listen(1)
            except OSError as error:
                hint = {
                    errno.EADDRINUSE: f"; another program uses port {port} (see: ss -ltnp 'sport = :{port}')",
                    errno.EADDRNOTAVAIL: "; this machine does not have that address",
                    errno.EACCES: "; ports below 1024 need a privilege",
                }.get(error.errno or 0, "")
                raise ListenError(f"cannot listen on {text}: {error.strerror}{hint}") from error


def reachable(listening: Sequence[str], announce_host: str = "") -> list[str]:
    """Where others can reach this node, best first, without the /p2p part.

    Args:
        listening: ``/ip4|ip6/<host>/tcp/<port>`` as listened on, ports known.
        announce_host: what the operator wants others to use: a host or host:port, of which the host counts.

    Returns:
        The operator's host with each port, then each listen address; a wildcard becomes the address this machine
        uses to reach the outside. One without a route (IPv6, often) counts only when there is nothing else: loopback.
    """
    endpoints = [_endpoint(text) for text in listening]
    found = [f"{_host_part(_bare_host(announce_host))}/tcp/{port}" for _, port in endpoints] if announce_host else []
    specific = [(host, port) for host, port in endpoints if host not in _WILDCARDS]
    outward = [(outward_address(ipv6=":" in host), port) for host, port in endpoints if host in _WILDCARDS]
    routed = [(host, port) for host, port in outward if host not in _NO_ROUTE]
    if not found and not specific and not routed:
        routed = outward
    found += [f"{_host_part(host)}/tcp/{port}" for host, port in [*specific, *routed]]
    return list(dict.fromkeys(found))


def is_loopback(multiaddr: str) -> bool:
    """Whether ``/ip4|ip6/<host>/…`` is an address of this machine that no other one reaches."""
    kind, host = multiaddr.split("/")[1:3]
    return kind in ("ip4", "ip6") and ipaddress.ip_address(host).is_loopback


def outward_address(*, ipv6: bool = False) -> str:
    """The address this machine uses to reach others, or loopback without a route. Nothing is sent."""
    family, target, fallback = (
        # Documentation addresses (RFC 5737, RFC 3849): connecting a UDP socket only asks the routing table.
        (socket.AF_INET6, "2001:db8::1", _NO_ROUTE[1]) if ipv6 else (socket.AF_INET, "192.0.2.1", _NO_ROUTE[0])
    )
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return fallback


def _endpoint(multiaddr: str) -> tuple[str, int]:
    parts = multiaddr.split("/")  # "", ip4 or ip6, host, tcp, port, …
    return parts[2], int(parts[4])


def _bare_host(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text if text.count(":") > 1 else text.partition(":")[0]


def _host_part(host: str) -> str:
    if ":" in host:
        return f"/ip6/{host}"
    try:
        socket.inet_pton(socket.AF_INET, host)
    except OSError:
        return f"/dns/{host}"
    return f"/ip4/{host}"
