"""Whether this host's rqlite serves, in a cluster that can commit, with everything applied that was committed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.hosts import applied
from debros.hosts.cluster import Cluster, look
from debros.rqlite.errors import AccessDenied, RqliteError
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.hosts.database import Database
    from debros.hosts.waiting import Wait

# How long one mark is waited for before the other conditions are looked at again, seconds.
_MARK_PATIENCE = 2.0

_HINTS = {
    "answers": "see: systemctl status debros-rqlite; journalctl -u debros-rqlite -n 50",
    "ready": "see: journalctl -u debros-rqlite -n 50, and 'debros-host leader' on the other hosts",
    "leader": "a majority of the voters must run and reach each other on the Raft port; see their journals",
    "voters": "see debros-rqlite on the missing hosts, and the firewall between them and this one (Raft port)",
    "commits": "see the free disk space and the journal of debros-rqlite on the leader",
    "applied": "a long log takes time to replay: run this again, or give it more with --timeout",
}


@dataclass
class Readiness:
    """The conditions, in the order in which they come true when a host starts.

    Args:
        database: this host's.
        voters: voters that must be reachable, this host included when it votes; 0 = a majority will do.

    Attributes:
        condition: the one that failed last, "" when none did.
        cluster: the members when last seen.
    """

    database: Database
    voters: int = 0
    condition: str = ""
    cluster: Cluster | None = None
    _mark: str = ""

    def obstacle(self) -> str:
        """Return what stands in the way, "" when rqlite is ready in every respect.

        Raises:
            AccessDenied: rqlite refuses our credentials, so waiting is no use.
        """
        for condition in ("answers", "ready", "leader", "voters", "commits", "applied"):
            self.condition = condition
            try:
                reason = getattr(self, f"_{condition}")()
            except AccessDenied:
                raise
            except RqliteError as error:
                reason = str(error)
            if reason:
                return str(reason)
        self.condition = ""
        return ""

    def _answers(self) -> str:
        self.database.greet()
        return ""

    def _ready(self) -> str:
        reason = self.database.not_ready()
        return f"rqlite answers, and says it is not ready: {reason}" if reason else ""

    def _leader(self) -> str:
        self.cluster = look(self.database)
        return "" if self.cluster.leader else "no leader is known"

    def _voters(self) -> str:
        assert self.cluster is not None
        wanted = self.voters or self.cluster.quorum
        if self.cluster.reachable >= wanted:
            return ""
        missing = ", ".join(self.cluster.unreachable())
        state = f"missing: {missing}" if missing else f"the cluster has {len(self.cluster.voters)}"
        return f"{self.cluster.reachable} of {wanted} voters are reachable; {state}"

    def _commits(self) -> str:
        assert self.cluster is not None
        try:
            self._mark = applied.write_mark(self.database, self.cluster.self_id)
        except AccessDenied:
            raise
        except RqliteError as error:
            return f"the cluster does not commit a write: {error}"
        return ""

    def _applied(self) -> str:
        assert self.cluster is not None
        if applied.has_applied(self.database, self.cluster.self_id, self._mark, _MARK_PATIENCE):
            return ""
        return "this host has not applied everything that is committed" + self._progress()

    def _progress(self) -> str:
        """Say how far this host's log has been applied, as far as it knows its length."""
        raft = self.database.status().get("store", {}).get("raft", {})
        done, known = raft.get("applied_index"), raft.get("last_log_index")
        return f" (entry {done} of {known})" if done is not None and known is not None else ""


def wait(readiness: Readiness, waiting: Wait) -> Cluster:
    """Return the members as soon as rqlite is ready.

    Raises:
        CliError: it is not in time; says which condition failed, with the facts.
        AccessDenied: rqlite refuses our credentials.
    """
    reason = waiting.until(readiness.obstacle)
    if not reason:
        assert readiness.cluster is not None
        return readiness.cluster
    raise not_ready(readiness, waiting, reason)


def not_ready(readiness: Readiness, waiting: Wait, reason: str) -> CliError:
    """Return the error for a wait that was in vain."""
    facts = readiness.cluster.as_dict() if readiness.cluster else {}
    return CliError(
        f"rqlite is not ready after {waiting.timeout:g} s: {reason}",
        code="not_ready",
        exit_code=ExitCode.UNAVAILABLE,
        hint=_HINTS[readiness.condition],
        extra={"condition": readiness.condition, **facts},
    )
