"""rqlited's command line: the one place where it is put together, for systemd units and local clusters alike.

Flags are named as in cmd/rqlited/flags.go; `Capabilities` knows which version calls them what. Never used:
-on-disk-path (removed in 10.0), -raft-cluster-remove-shutdown and -raft-reap-* (a server that restarts must stay a
member), -auto-vacuum-int (it blocks writes).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from debros.rqlite.errors import RqliteError
from debros.rqlite.version import Capabilities

if TYPE_CHECKING:
    from debros.config.types import NodeConfig
    from debros.rqlite.binary.inspect import Binary

_LOOPBACK = "127.0.0.1"
# rqlited exits when its join attempts are used up, also when it is a member already and merely its join target is down,
# although it serves meanwhile. So it tries for ever (38 years); readiness says whether it got in.
_JOIN_ATTEMPTS, _JOIN_INTERVAL = "400000000", "3s"
# Raft's defaults, stated: a dead leader is replaced after 2.3 s (median). 300 ms gives 0.7 s on a quiet LAN but was not
# proved under load.
_HEARTBEAT_TIMEOUT = _ELECTION_TIMEOUT = "1s"


class CommandError(RqliteError):
    """The configuration gives no valid command line; the text says which key to change."""


def command(config: NodeConfig, binary: Binary, *, node_id: str = "", voter: bool = True) -> list[str]:
    """Return the command line, program first, data directory last.

    Args:
        config: A validated node configuration.
        binary: The program; its version decides about flag names.
        node_id: Raft id of this node, the same for all its life; "" = node.id of the configuration.
        voter: False for a read-only replica.

    Raises:
        CommandError: There is no id, or addresses collide.
    """
    database, discovery = config.database, config.discovery
    http_port, raft_port = database.rqlite_port, database.rqlite_raft_port
    identity = node_id or config.node.id
    if not identity:
        # rqlite would take its Raft address for its id; a new address would then be a new, additional member.
        raise CommandError("node.id: rqlite needs an id that survives restarts; set it or start from the key file")
    raft_host, raft_adv_port = _split(discovery.raft_adv_address, raft_port)
    http_host, http_adv_port = _split(discovery.http_adv_address, http_port)
    raft_adv = _join(raft_host or _LOOPBACK, raft_adv_port)
    http_adv = _join(http_host or _LOOPBACK, http_adv_port)
    raft_listen = _raft_listen(database.rqlite_raft_listen, raft_host, raft_port)
    if raft_adv == http_adv:
        raise CommandError(f"discovery.raft_adv_address: must differ from discovery.http_adv_address ({http_adv})")
    arguments = [
        "-node-id", identity,
        "-http-addr", _join(_LOOPBACK, http_port),
        "-http-adv-addr", http_adv,
        "-raft-addr", raft_listen,
        "-raft-adv-addr", raft_adv,
        Capabilities.of(binary.version).heartbeat_flag, _HEARTBEAT_TIMEOUT,
        "-raft-election-timeout", _ELECTION_TIMEOUT,
    ]  # fmt: skip
    if database.rqlite_join_address:
        if database.rqlite_join_address in {raft_adv, raft_listen}:
            raise CommandError(
                f"database.rqlite_join_address: {database.rqlite_join_address} is this node itself; name another member"
            )
        arguments += ["-join", database.rqlite_join_address]
        arguments += ["-join-attempts", _JOIN_ATTEMPTS, "-join-interval", _JOIN_INTERVAL]
    if not voter:
        if not database.rqlite_join_address:
            raise CommandError("database.rqlite_join_address: a read-only replica needs a cluster to join")
        arguments.append("-raft-non-voter")
    return [str(binary.path), *arguments, str(database.data_dir)]


def _raft_listen(configured: str, advertised_host: str, port: int) -> str:
    """Return where Raft listens: as asked, else as narrowly as the advertised address allows."""
    if configured:
        host, port = _split(configured, port)
        return _join(host, port)
    if not advertised_host:
        return _join(_LOOPBACK, port)
    try:
        ipaddress.ip_address(advertised_host)
    except ValueError:
        return _join("0.0.0.0", port)  # noqa: S104 - a host name may resolve to any interface; the firewall narrows it
    return _join(advertised_host, port)


def _split(address: str, default_port: int) -> tuple[str, int]:
    """Return host and port of `host`, `host:port`, `[v6]:port`, `[v6]` or a bare IPv6 address."""
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        return host, int(rest[1:]) if rest else default_port
    host, colon, port = address.rpartition(":")
    if not colon or ":" in host:
        return address, default_port
    return host, int(port)


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
