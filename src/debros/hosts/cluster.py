"""The cluster as this host's rqlite sees it: who leads, who votes, whom it can reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from debros.rqlite.errors import ProtocolError

if TYPE_CHECKING:
    from debros.hosts.database import Database
    from debros.rqlite.types import RaftNode


@dataclass(frozen=True, slots=True)
class Cluster:
    """One look at the members.

    Attributes:
        self_id: Raft id of this host.
        members: all of them, ordered by id.
    """

    self_id: str
    members: tuple[RaftNode, ...]

    @property
    def leader(self) -> RaftNode | None:
        """Who leads; None when nobody does."""
        return next((node for node in self.members if node.leader), None)

    @property
    def leads(self) -> bool:
        """Whether this host leads."""
        return self.leader is not None and self.leader.id == self.self_id

    @property
    def voters(self) -> tuple[RaftNode, ...]:
        """Those who vote."""
        return tuple(node for node in self.members if node.voter)

    @property
    def reachable(self) -> int:
        """Number of voters that this host reaches, itself included."""
        return sum(node.reachable for node in self.voters)

    @property
    def quorum(self) -> int:
        """Number of voters without which nothing can be written."""
        return len(self.voters) // 2 + 1

    @property
    def votes(self) -> bool:
        """Whether this host is a voter."""
        return any(node.id == self.self_id for node in self.voters)

    def member(self, name: str) -> RaftNode | None:
        """What is known of a host; None when it is no member."""
        return next((node for node in self.members if node.id == name), None)

    def unreachable(self) -> list[str]:
        """The voters that this host does not reach, as `id (address)`."""
        return [f"{node.id} ({node.addr})" for node in self.voters if not node.reachable]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        leader = self.leader
        return {
            "self": self.self_id,
            "is_leader": self.leads,
            "leader": {"id": leader.id, "address": leader.addr} if leader else None,
            "quorum": self.quorum,
            "reachable_voters": self.reachable,
            "voters": [_member(node) for node in self.voters],
            "replicas": [_member(node) for node in self.members if not node.voter],
        }


def look(database: Database) -> Cluster:
    """Ask this host's rqlite.

    Raises:
        NoLeader, Unavailable, AccessDenied, ProtocolError: it cannot tell.
    """
    store = database.status().get("store")
    if not isinstance(store, dict) or not store.get("node_id"):
        raise ProtocolError("the answer of /status does not name this node; is this rqlite?")
    return Cluster(str(store["node_id"]), tuple(database.nodes()))


def _member(node: RaftNode) -> dict[str, Any]:
    return {"id": node.id, "address": node.addr, "reachable": node.reachable, "leader": node.leader}
