"""Making this host's rqlite what it should be in Raft: a voter, or a read-only replica.

rqlite does not turn one into the other: a member that comes back with another flag stays what it was, and its join
request is ignored (seen with 8.26; Store.Join in rqlite's store.go). So it leaves and joins again, with its data, and
the others send it what it missed. A mark in its data directory survives an interruption between the two steps; as long
as it is there, `debros-rqlited` starts rqlited so that it joins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.hosts import restarting, units
from debros.hosts.cluster import Cluster, look
from debros.hosts.ready import Readiness, not_ready
from debros.hosts.removal import lost_by_removal
from debros.rqlite import membership
from debros.rqlite.errors import NoLeader, RqliteError
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.hosts.database import Database
    from debros.hosts.settings import Settings
    from debros.hosts.waiting import Wait


def rejoin(settings: Settings, waiting: Wait, *, voter: bool) -> bool:
    """Leave and join again, unless this host is what it should be; return whether anything was done.

    Args:
        settings: of this host.
        waiting: how long at most, in all.
        voter: whether it is to vote.

    Raises:
        CliError: the cluster cannot spare this host's vote now, or it is not in again in time.
        NoLeader, Unavailable, AccessDenied, UnknownOutcome: rqlite cannot be asked, or did not do it.
    """
    data = settings.node.database.data_dir
    with settings.database() as database:
        cluster = look(database)
        member = cluster.member(cluster.self_id)
        if member is not None and member.voter == voter and cluster.leader is not None:
            return membership.unmark(data)
        if member is not None:
            if cluster.leader is None:
                raise NoLeader("the voters have not elected one")
            _gate(cluster)
            if cluster.leads:
                restarting.rqlite(settings, waiting, force=False)  # it hands over
        membership.mark(data)
        if member is not None:
            database.remove(cluster.self_id)
        units.restart(units.RQLITE, waiting.remaining)
        _until_in(Readiness(database), waiting, voter=voter)
    membership.unmark(data)
    return True


def _gate(cluster: Cluster) -> None:
    if reason := lost_by_removal(cluster, cluster.self_id):
        raise CliError(
            f"this host does not leave: {reason}",
            code="quorum",
            exit_code=ExitCode.UNAVAILABLE,
            hint="bring the missing hosts back first",
            extra=cluster.as_dict(),
        )


def _until_in(readiness: Readiness, waiting: Wait, *, voter: bool) -> None:
    role = "voter" if voter else "replica"

    def obstacle() -> str:
        return readiness.obstacle() or _not_in(readiness.database, voter=voter)

    reason = waiting.until(obstacle)
    if reason and readiness.condition:
        raise not_ready(readiness, waiting, reason)
    if reason:
        raise CliError(
            f"this host joined again, and after {waiting.timeout:g} s it is no {role}: {reason}",
            code="not_rejoined",
            exit_code=ExitCode.UNAVAILABLE,
            hint="its unit must start it as one (debros-rqlited --replica or not): systemctl cat debros-rqlite",
        )


def _not_in(database: Database, *, voter: bool) -> str:
    try:
        cluster = look(database)
    except RqliteError as error:
        return str(error)
    member = cluster.member(cluster.self_id)
    if member is None:
        return "it is no member"
    return "" if member.voter == voter else f"it is a {'voter' if member.voter else 'replica'}"
