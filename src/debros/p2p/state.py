"""What the p2p daemon tells of itself, of its peers, and of the nodes of its cluster."""

from typing import Any

import msgspec


class PeerInfo(msgspec.Struct, frozen=True):
    """A peer this node is or was connected to.

    Attributes:
        id: its peer id.
        addresses: multiaddrs without the /p2p part.
        connected: whether it is now.
        last_seen: seconds since 1970.
        turned_away: an operator has hung up on it; it stays away until connected again or a restart.
    """

    id: str
    addresses: list[str]
    connected: bool
    last_seen: float
    turned_away: bool = False


class NodeReport(msgspec.Struct, frozen=True):
    """A node of the cluster as the daemon's node sees it.

    Attributes:
        name: its name in the cluster's list of members, or what this node calls itself, or its peer id.
        peer_id: libp2p's.
        state: up; down when it was heard and has missed three heartbeats; unknown when it was not heard since this
            node runs.
        age: seconds since its last word, None while it is unknown, and so is all of the following.
        version: of debros.
        rqlite_version: "" when its node does not know.
        uptime: seconds, at its last word.
        peers: peers it is connected to.
        cpu_percent: processor time of its process, of one core.
        memory_bytes: resident memory of its process.
        database_role: leader, follower, candidate, nonvoter; "" when its node does not know.
        database_ready: its database has a leader and has caught up with it.
    """

    name: str
    peer_id: str
    state: str
    age: float | None = None
    version: str | None = None
    rqlite_version: str | None = None
    uptime: float | None = None
    peers: int | None = None
    cpu_percent: float | None = None
    memory_bytes: int | None = None
    database_role: str | None = None
    database_ready: bool | None = None


class NodeStatus(msgspec.Struct, frozen=True):
    """How the daemon is.

    Attributes:
        node_id: the configured id, or the peer id.
        peer_id: libp2p's.
        peer_count: peers connected now.
        uptime: seconds.
        rqlite: what the node last saw of the database; see `debros.node.monitor`. Empty without a node.
        topics: what clients follow here, complete names.
        addresses: where this node can be dialed, complete multiaddrs.
        nodes: every node of the cluster, this one first. Empty without a node.
        dropped: messages that peers did not get because they were too slow, once for each such peer; only ever grows.
    """

    node_id: str
    peer_id: str
    peer_count: int
    uptime: float
    rqlite: dict[str, Any]
    topics: list[str]
    addresses: list[str] = []
    nodes: list[NodeReport] = []
    dropped: int = 0
