"""Proof that this host's rqlite has applied everything that was committed at one moment.

`/readyz?sync` compares with what the leader last told this node, and right after a start it has told it nothing yet: it
was seen to say 200 while rows were still missing. The leader's own figures cannot be asked, because every host's HTTP
API listens on loopback only. So a mark is written through the log and then looked for in the local copy: where entry N
has been applied, so have all before it. It works with every version, on leaders, followers and replicas, and it proves
on the way that writes are being committed.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from debros.rqlite.errors import StatementError
from debros.rqlite.types import Level

if TYPE_CHECKING:
    from debros.hosts.database import Database

# `_gw` is the prefix that tenants' statements can never reach (debros.tenants.sql.vocabulary). One row for each host.
TABLE = "_gw_hosts_applied"
_CREATE = f"CREATE TABLE IF NOT EXISTS {TABLE} (host TEXT PRIMARY KEY, mark TEXT NOT NULL)"
_WRITE = f"INSERT OR REPLACE INTO {TABLE} (host, mark) VALUES (?, ?)"  # noqa: S608 - a constant of this file
_READ = f"SELECT mark FROM {TABLE} WHERE host = ?"  # noqa: S608 - a constant of this file
_PAUSE = 0.05  # seconds; a follower learns of a commit within Raft's commit timeout, 50 to 100 ms


def write_mark(database: Database, host: str) -> str:
    """Write a new mark for a host and return it.

    Raises:
        NoLeader, Unavailable, UnknownOutcome, StatementError, AccessDenied: the cluster does not commit it.
    """
    mark = secrets.token_hex(8)
    database.transaction([[_CREATE], [_WRITE, host, mark]])
    return mark


def has_applied(database: Database, host: str, mark: str, seconds: float) -> bool:
    """Tell whether the local copy has the mark, at the latest after some seconds.

    Raises:
        Unavailable, AccessDenied, ProtocolError: rqlite does not answer.
    """
    deadline = time.monotonic() + seconds
    while True:
        if _read(database, host) == mark:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE)


def _read(database: Database, host: str) -> str | None:
    try:
        rows = database.query(_READ, host, level=Level.NONE).values
    except StatementError:
        return None  # this copy does not even have the table yet
    return rows[0][0] if rows else None
