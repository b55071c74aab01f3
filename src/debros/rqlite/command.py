"""rqlited's command line: the one place where it is put together, for systemd units and local clusters alike.

Flags are named as in cmd/rqlited/flags.go; `Capabilities` knows which version calls them what. Never used:
-on-disk-path (removed in 10.0), -raft-cluster-remove-shutdown and -raft-reap-* (a server that restarts must stay a
member), -auto-vacuum-int (it blocks writes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.config.addresses import HostPort
from debros.config.raft import LOOPBACK, is_own, join_addresses, raft_addresses, with_port
from debros.rqlite.errors import RqliteError
from debros.rqlite.version import Capabilities

if TYPE_CHECKING:
    from pathlib import Path

    from debros.config.raft import RaftAddresses
    from debros.config.types import DatabaseSection, NodeConfig
    from debros.rqlite.binary.inspect import Binary

# rqlited exits when its join attempts are used up, also when it is a member already and merely its join target is down,
# although it serves meanwhile. So it tries for ever (38 years); readiness says whether it got in.
_JOIN_ATTEMPTS, _JOIN_INTERVAL = "400000000", "3s"
# For the same reason who waits for the first voters of a new cluster waits ten years instead of two minutes.
_BOOTSTRAP_TIMEOUT = "87600h"
# Raft's defaults, stated: a dead leader is replaced after 2.3 s (median). 300 ms gives 0.7 s on a quiet LAN but was not
# proved under load.
_HEARTBEAT_TIMEOUT = _ELECTION_TIMEOUT = "1s"


class CommandError(RqliteError):
    """The configuration gives no valid command line; the text says which key to change."""


def command(
    config: NodeConfig,
    binary: Binary,
    *,
    node_id: str = "",
    voter: bool = True,
    member: bool = False,
    rejoin: bool = False,
) -> list[str]:
    """Return the command line, program first, data directory last.

    Args:
        config: A validated node configuration.
        binary: The program; its version decides about flag names.
        node_id: Raft id of this node, the same for all its life; "" = node.id of the configuration.
        voter: False for a read-only replica.
        member: The node's data say that it is part of a cluster already; see `membership`.
        rejoin: That cluster has taken it out, or is about to, and it is to join again with its data.

    Raises:
        CommandError: There is no id, or addresses collide.
    """
    database, discovery = config.database, config.discovery
    http_port = database.rqlite_port
    identity = node_id or config.node.id
    if not identity:
        # rqlite would take its Raft address for its id; a new address would then be a new, additional member.
        raise CommandError("node.id: rqlite needs an id that survives restarts; set it or start from the key file")
    raft = raft_addresses(
        port=database.rqlite_raft_port, listen=database.rqlite_raft_listen, advertised=discovery.raft_adv_address
    )
    http_host, http_adv_port = with_port(discovery.http_adv_address, http_port)
    http_adv = str(HostPort(http_host or LOOPBACK, http_adv_port))
    if raft.advertised == http_adv:
        raise CommandError(f"discovery.raft_adv_address: must differ from discovery.http_adv_address ({http_adv})")
    return [
        str(binary.path),
        "-node-id", identity,
        "-http-addr", str(HostPort(database.rqlite_http_listen, http_port)),
        "-http-adv-addr", http_adv,
        "-raft-addr", raft.listen,
        "-raft-adv-addr", raft.advertised,
        Capabilities.of(binary.version).heartbeat_flag, _HEARTBEAT_TIMEOUT,
        "-raft-election-timeout", _ELECTION_TIMEOUT,
        *_access(database),
        *_cluster(database, raft, voter=voter, member=member, rejoin=rejoin),
        str(database.data_dir),
    ]  # fmt: skip


def standalone(
    binary: Binary, node_id: str, *, http: int, raft: int, advertised: str, auth: Path, data: Path
) -> list[str]:
    """Return the command line of an rqlited that nobody but its starter can reach, on data that others will serve.

    Args:
        binary: The program.
        node_id: Raft id of the node whose data these will be.
        http: A free port on loopback for its HTTP API.
        raft: The same for its Raft.
        advertised: Raft address (host:port) of the node whose data these will be; it goes into the data.
        auth: File of passwords.
        data: Data directory.
    """
    return [
        str(binary.path),
        "-node-id", node_id,
        "-http-addr", str(HostPort(LOOPBACK, http)),
        "-raft-addr", str(HostPort(LOOPBACK, raft)),
        "-raft-adv-addr", advertised,
        "-auth", str(auth),
        str(data),
    ]  # fmt: skip


def _access(database: DatabaseSection) -> list[str]:
    """Return the flags for passwords and for mutual TLS between hosts; they name files, never what is in them."""
    arguments = []
    if database.rqlite_auth_file:
        arguments += ["-auth", str(database.rqlite_auth_file), "-join-as", database.rqlite_join_as]
    if database.rqlite_tls_cert_file:
        arguments += [
            "-node-cert", str(database.rqlite_tls_cert_file),
            "-node-key", str(database.rqlite_tls_key_file),
            "-node-ca-cert", str(database.rqlite_tls_ca_file),
            "-node-verify-client",
            "-node-verify-server-name", database.rqlite_tls_server_name,
        ]  # fmt: skip
    return arguments


def _cluster(database: DatabaseSection, raft: RaftAddresses, *, voter: bool, member: bool, rejoin: bool) -> list[str]:
    """Return the flags that say how the node comes into its cluster."""
    joins = join_addresses(database)
    expect = database.rqlite_bootstrap_expect
    if expect:
        if not voter:
            raise CommandError("database.rqlite_bootstrap_expect: a read-only replica only joins; set it to 0")
        if member:
            # It finds its cluster by its data. With -bootstrap-expect it would announce itself to hosts with empty
            # disks when no leader is there: together they would reach the number, form a new cluster, and this
            # member would throw its data away. Without it they get its data. And rqlite since 8.37.1 refuses -join
            # on the only member of a cluster.
            return _joining([address for address in joins if not is_own(address, raft)]) if rejoin else []
        waiting = ["-bootstrap-expect", str(expect), "-bootstrap-expect-timeout", _BOOTSTRAP_TIMEOUT]
        return [*waiting, "-join", ",".join(joins)]
    own = next((address for address in joins if is_own(address, raft)), None)
    if own is not None:
        raise CommandError(f"database.rqlite_join_address: {own} is this node itself; name another member")
    arguments = _joining(joins)
    if not voter:
        if not joins:
            raise CommandError("database.rqlite_join_address: a read-only replica needs a cluster to join")
        arguments.append("-raft-non-voter")
    return arguments


def _joining(joins: list[str]) -> list[str]:
    if not joins:
        return []
    return ["-join", ",".join(joins), "-join-attempts", _JOIN_ATTEMPTS, "-join-interval", _JOIN_INTERVAL]
