"""Answers about the gateway, its network, and topics."""

from typing import Literal, NotRequired, TypedDict

from debros.gateway.backups import Backup
from debros.p2p.state import NodeReport


class Server(TypedDict):
    """Since when this process runs, RFC 3339, and seconds since then."""

    started_at: str
    uptime: float


# Whether the database has the voters that `database.replication_factor` wants; unknown when the node cannot say.
ReplicationState = Literal["ok", "under-replicated", "unknown"]


class Client(TypedDict):
    """What the gateway depends on: `ok` or what is wrong, by check; `response_time` in milliseconds."""

    status: Literal["ok", "degraded"]
    checks: dict[str, str]
    replication: ReplicationState
    last_updated: str
    response_time: float


class HealthAnswer(TypedDict):
    """How the gateway and what it depends on are."""

    status: str
    server: Server
    client: Client


class LiveAnswer(TypedDict):
    """The process answers."""

    status: Literal["ok"]


class ReadyAnswer(TypedDict):
    """Whether requests should be sent here."""

    status: str
    checks: dict[str, str]


class VersionAnswer(TypedDict):
    """Which build runs, and since when."""

    version: str
    commit: str
    build_time: str
    started_at: str
    uptime: float


class PublicNetwork(TypedDict):
    """The node beside this gateway and the database: bytes, and seconds since the node's start."""

    node_id: str
    connected: bool
    peer_count: int
    database_size: int
    uptime: float


class StatusAnswer(TypedDict):
    """Server and network in public terms."""

    server: Server
    network: PublicNetwork


class Replication(TypedDict):
    """How often the database is kept; the last two are known when a node runs beside the gateway."""

    reachable_voters: int
    replicas: int
    replication_factor: NotRequired[int]
    under_replicated: NotRequired[bool]


class NetworkAnswer(TypedDict):
    """Node, peers and database replication; `nodes` are those of the cluster, heard by the node beside this gateway."""

    node_id: str
    connected: bool
    peer_count: int
    database_size: int
    uptime: float
    raft_role: str
    voters: int
    replication: Replication
    nodes: list[NodeReport]


class Peer(TypedDict):
    """A peer the node is or was connected to; `last_seen` in seconds since 1970.

    `state` (up, down, unknown) and `age`, the seconds since its last heartbeat, are null of who is no node of the
    cluster, `age` also of one that was not heard yet.
    """

    id: str
    addresses: list[str]
    connected: bool
    last_seen: float
    turned_away: bool
    state: str | None
    age: float | None


class PeersAnswer(TypedDict):
    """The peers the node knows."""

    peers: list[Peer]


class BackupsAnswer(TypedDict):
    """The newest backup of each host, the newest of all first."""

    backups: list[Backup]
    count: int
