"""Taking a host out of Raft, from one that stays.

A member that was taken out and still runs does not learn of it: it says that it is ready, knows no leader, and forwards
what it is given (seen with rqlite 8.26). So it is stopped first, if it can be reached at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.hosts.cluster import Cluster, look
from debros.hosts.snapshots import told
from debros.rqlite.errors import AccessDenied, RqliteError, UnknownOutcome
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from debros.hosts.database import Database
    from debros.hosts.waiting import Wait
    from debros.rqlite.types import RaftNode

# How long a voter may be out of reach before it counts as missing, seconds (see debros.hosts.restarting).
_SETTLE = 10.0


@dataclass(frozen=True, slots=True)
class Removal:
    """What was found, and done.

    Attributes:
        member: what the cluster knew of the host; None when it was no member.
        changed: it was taken out now.
        cluster: the members afterwards.
    """

    member: RaftNode | None
    changed: bool
    cluster: Cluster


def remove(database: Database, name: str, waiting: Wait, *, check: bool = False) -> Removal:
    """Take a host out of Raft; one that is no member is no error.

    Args:
        database: this host's.
        name: Raft id of the host.
        waiting: how long at most.
        check: only find out whether it would be refused.

    Raises:
        CliError: it is this host, the cluster would lose its majority, or nobody confirms that the host has left.
        RqliteError: the database cannot tell, or cannot change anything now.
    """
    waiting.part("the other voters", _SETTLE).until(lambda: _refusal(look(database), name))
    cluster = look(database)
    member = cluster.member(name)
    if member is None:
        return Removal(None, changed=False, cluster=cluster)
    if name == cluster.self_id:
        raise CliError(
            f"{name} is this host, and a host does not remove itself", code="self", hint="run this on a host that stays"
        )
    if reason := _refusal(cluster, name):
        raise _refused(cluster, name, reason)
    if check:
        return Removal(member, changed=False, cluster=cluster)
    persist(waiting, lambda: _take_out(database, name))
    told.forget(database, name)
    return Removal(member, changed=True, cluster=look(database))


def lost_by_removal(cluster: Cluster, name: str) -> str:
    """Say what the cluster would lose if a host were no member any more, "" when it can spare it."""
    left = [node for node in cluster.voters if node.id != name]
    if len(left) == len(cluster.voters):
        return ""  # a replica, or a stranger
    reachable, needed = sum(node.reachable for node in left), len(left) // 2 + 1
    if reachable >= needed:
        return ""
    missing = ", ".join(f"{node.id} ({node.addr})" for node in left if not node.reachable)
    if not left:
        return f"{name} is the only voter"
    return (
        f"without {name} there would be {len(left)} voters, of which {needed} are needed and {reachable} can be "
        f"reached; not reachable: {missing}"
    )


def _refusal(cluster: Cluster, name: str) -> str:
    if cluster.leader is None:
        return "the voters have not elected a leader"
    return lost_by_removal(cluster, name)


def _refused(cluster: Cluster, name: str, reason: str) -> CliError:
    return CliError(
        f"{name} is not taken out: {reason}",
        code="quorum",
        exit_code=ExitCode.UNAVAILABLE,
        hint=(
            "bring the missing hosts back first; a machine that is gone for ever is replaced by an empty one of the "
            "same name and address, and may be taken out when it has caught up"
        ),
        extra=cluster.as_dict(),
    )


def _take_out(database: Database, name: str) -> str:
    if look(database).member(name) is not None:
        database.remove(name)
    return "" if look(database).member(name) is None else f"{name} is still a member"


def persist(waiting: Wait, step: Callable[[], str]) -> None:
    """Repeat a step until it is done, whatever the database answers meanwhile: removing a leader costs an election.

    Args:
        waiting: how long at most.
        step: may be done twice without harm; returns what is in the way, "" when nothing is.

    Raises:
        CliError: nobody can confirm that it is done.
        RqliteError: the database does not take it.
    """
    last: list[RqliteError] = []

    def obstacle() -> str:
        last.clear()
        try:
            return step()
        except AccessDenied:
            raise
        except RqliteError as error:
            last.append(error)
            return str(error)

    reason = waiting.until(obstacle)
    if not reason:
        return
    if last and not isinstance(last[0], UnknownOutcome):
        raise last[0]
    raise CliError(
        f"not confirmed after {waiting.timeout:g} s: {reason}",
        code="outcome_unknown",
        exit_code=ExitCode.UNAVAILABLE,
        hint="see 'debros-host leader', then run the same command again: it goes on where it stopped",
    )
