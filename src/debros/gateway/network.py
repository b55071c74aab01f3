"""The state of the network as this gateway sees it: the node's word and the database's."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from debros.gateway.cached import Cached
from debros.p2p.client import P2PClient, RelayUnavailable
from debros.p2p.protocol import P2PError
from debros.p2p.state import NodeReport, NodeStatus
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import RqliteError
from debros.rqlite.types import RaftNode

# /v1/status is public and asks three parties: once a second must do.
_KEEP = 1.0
_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class NetworkState:
    """What is known; parties that do not answer leave their part at its default.

    Attributes:
        node_id: Id of the node beside this gateway.
        connected: The node answers.
        peer_count: Peers the node is connected to.
        uptime: Seconds the node runs.
        database_size: Bytes of the database file.
        raft_role: leader, follower, candidate, or unknown: of the database beside this gateway.
        voters: Database nodes that vote, and how many of those can be reached.
        reachable_voters: See voters.
        replicas: Database nodes that only follow.
        rqlite: What the node's monitor says about the database.
        nodes: Every node of the cluster as the node beside this gateway sees it.
    """

    node_id: str = ""
    connected: bool = False
    peer_count: int = 0
    uptime: float = 0.0
    database_size: int = 0
    raft_role: str = "unknown"
    voters: int = 0
    reachable_voters: int = 0
    replicas: int = 0
    rqlite: dict[str, Any] = field(default_factory=dict)
    nodes: list[NodeReport] = field(default_factory=list)


class Network:
    """Asks the node and the database, at most once a second."""

    def __init__(self, rqlite: RqliteClient, p2p: P2PClient) -> None:
        self._rqlite = rqlite
        self._p2p = p2p
        self._cached = Cached(self._look, _KEEP)

    async def state(self) -> NetworkState:
        """Return the state, at most a second old. Never raises."""
        return await self._cached.get()

    async def _look(self) -> NetworkState:
        node, report, members = await asyncio.gather(self._node(), self._report(), self._members())
        store = report.get("store", {})
        voters = [member for member in members if member.voter]
        return NetworkState(
            node_id=node.node_id if node else "",
            connected=node is not None,
            peer_count=node.peer_count if node else 0,
            uptime=round(node.uptime, 3) if node else 0.0,
            database_size=int(store.get("sqlite3", {}).get("db_size", 0)),
            raft_role=str(store.get("raft", {}).get("state", "unknown")).lower(),
            voters=len(voters),
            reachable_voters=sum(member.reachable for member in voters),
            replicas=len(members) - len(voters),
            rqlite=node.rqlite if node else {},
            nodes=node.nodes if node else [],
        )

    async def _node(self) -> NodeStatus | None:
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await self._p2p.status() if self._p2p.connected else None
        except (TimeoutError, P2PError, RelayUnavailable):
            return None

    async def _report(self) -> dict[str, Any]:
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await self._rqlite.status()
        except (TimeoutError, RqliteError):
            return {}

    async def _members(self) -> list[RaftNode]:
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await self._rqlite.nodes()
        except (TimeoutError, RqliteError):
            return []
