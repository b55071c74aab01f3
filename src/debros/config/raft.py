"""Where rqlite's Raft listens, what it advertises, and whom it joins: worked out of four keys, in one place."""

from typing import NamedTuple

from debros.config.addresses import HostPort, is_ip, parse_host_port, same_host_port, split_list
from debros.config.types import DatabaseSection

LOOPBACK = "127.0.0.1"


class RaftAddresses(NamedTuple):
    """Two addresses (host:port) of one Raft: where it listens, and where the others find it."""

    listen: str
    advertised: str


def raft_addresses(*, port: int, listen: str, advertised: str) -> RaftAddresses:
    """Work out both addresses.

    Args:
        port: ``database.rqlite_raft_port``.
        listen: ``database.rqlite_raft_listen``; empty: as narrowly as the advertised address allows.
        advertised: ``discovery.raft_adv_address``; empty: loopback.

    Raises:
        ValueError: one of them is no address.
    """
    host, adv_port = with_port(advertised, port)
    if listen:
        listens = str(HostPort(*with_port(listen, port)))
    elif host and not is_ip(host):
        listens = f"0.0.0.0:{port}"  # a name may resolve to any interface; the firewall narrows it
    else:
        listens = str(HostPort(host or LOOPBACK, port))
    return RaftAddresses(listens, str(HostPort(host or LOOPBACK, adv_port)))


def with_port(address: str, default_port: int) -> tuple[str, int]:
    """Read a host with or without a port; ("", default) for an empty address.

    Raises:
        ValueError: it is no address.
    """
    if not address:
        return "", default_port
    host, port = parse_host_port(address, port_required=False)
    return host, default_port if port is None else port


def join_addresses(database: DatabaseSection) -> list[str]:
    """List the members to join, as they were written."""
    return split_list(database.rqlite_join_address)


def is_own(address: str, own: RaftAddresses) -> bool:
    """Whether an entry of the join list is the node itself.

    Raises:
        ValueError: it is no address.
    """
    return same_host_port(address) in {same_host_port(own.listen), same_host_port(own.advertised)}
