"""Watches rqlite from the node: is it ready, who leads, how many voters are there.

It only reads, and never stops the node: a database that is away is a state to report.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import httpx
import trio

from debros import logs

_log = logs.get(__name__)

INTERVAL: Final = 5.0
_TIMEOUT: Final = 4.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The database as last seen.

    Attributes:
        reachable: rqlite's HTTP API answers.
        ready: it has a leader and has caught up with it (`/readyz?sync`).
        role: leader, follower, candidate, nonvoter or "" when unknown.
        leader: Raft id of the leader, "" when there is none.
        voters: voting members.
        reachable_voters: those the local rqlite can talk to.
        replication_factor: voters wanted.
        under_replicated: fewer voters are reachable than wanted.
        database_size: bytes of the SQLite file.
        version: of rqlite, "" when unknown.
        error: why it is not reachable, else "".
    """

    reachable: bool = False
    ready: bool = False
    role: str = ""
    leader: str = ""
    voters: int = 0
    reachable_voters: int = 0
    replication_factor: int = 0
    under_replicated: bool = True
    database_size: int = 0
    version: str = ""
    error: str = "not asked yet"

    def as_dict(self) -> dict[str, Any]:
        """For the status answer."""
        return asdict(self)


class Monitor:
    """Asks the local rqlite every few seconds and logs what has changed.

    Args:
        url: rqlite's HTTP API.
        replication_factor: voters wanted.
        interval: seconds between questions.
        auth: user name and password, when rqlite wants them.
    """

    def __init__(
        self, url: str, *, replication_factor: int, interval: float = INTERVAL, auth: tuple[str, str] | None = None
    ) -> None:
        self._url = url
        self._auth = auth
        self._interval = interval
        self._wanted = replication_factor
        self.snapshot = Snapshot(replication_factor=replication_factor)

    async def run(self) -> None:
        """Watch until cancelled."""
        async with httpx.AsyncClient(base_url=self._url, auth=self._auth, timeout=_TIMEOUT, trust_env=False) as client:
            while True:
                before, self.snapshot = self.snapshot, await self._look(client)
                _report(before, self.snapshot)
                await trio.sleep(self._interval)

    async def _look(self, client: httpx.AsyncClient) -> Snapshot:
        try:
            ready = (await client.get("/readyz?sync&timeout=2s")).status_code == httpx.codes.OK
            status = (await client.get("/status")).raise_for_status().json()
            nodes = (await client.get("/nodes?ver=2&nonvoters&timeout=1s")).raise_for_status().json()
            return interpret(ready, status, nodes, self._wanted)
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            return Snapshot(replication_factor=self._wanted, error=_reason(error))


def interpret(ready: bool, status: dict[str, Any], nodes: dict[str, Any], wanted: int) -> Snapshot:  # noqa: FBT001 - four answers in the order they came
    """Make a snapshot of the answers to /readyz?sync, /status and /nodes?ver=2&nonvoters.

    Raises:
        KeyError, TypeError, AttributeError: the answers do not look like rqlite's.
    """
    store = status["store"]
    leader = store.get("leader") or {}
    voters = [node for node in nodes["nodes"] if node["voter"]]
    reachable = sum(bool(node.get("reachable")) for node in voters)
    return Snapshot(
        reachable=True,
        ready=ready,
        role=str(store["raft"]["state"]).lower() if store["raft"].get("voter", True) else "nonvoter",
        leader=str(leader.get("node_id", "")),
        voters=len(voters),
        reachable_voters=reachable,
        replication_factor=wanted,
        under_replicated=reachable < wanted,
        database_size=int(store["sqlite3"]["db_size"]),
        version=str((status.get("build") or {}).get("version", "")),
        error="",
    )


def _report(before: Snapshot, now: Snapshot) -> None:
    if now.reachable and not before.reachable:
        _log.info("rqlite is reachable", role=now.role)
    elif before.error != now.error and not now.reachable:
        _log.warning("rqlite is not reachable", reason=now.error)
    if now.ready != before.ready:
        (_log.info if now.ready else _log.warning)("rqlite is ready" if now.ready else "rqlite is not ready")
    if now.leader != before.leader:
        (_log.info if now.leader else _log.warning)("rqlite leader changed", leader=now.leader, before=before.leader)
    if now.reachable and (now.voters, now.reachable_voters) != (before.voters, before.reachable_voters):
        log = _log.warning if now.under_replicated else _log.info
        log(
            "under-replicated" if now.under_replicated else "replication is complete",
            voters=now.voters,
            reachable=now.reachable_voters,
            wanted=now.replication_factor,
        )


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        if error.response.status_code == httpx.codes.UNAUTHORIZED:
            return "it refuses our credentials; see database.rqlite_credentials_file"
        return f"HTTP status {error.response.status_code}"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.HTTPError):
        return str(error) or type(error).__name__
    return f"unexpected answer ({type(error).__name__}: {error})"
