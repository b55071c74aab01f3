"""What the cluster is told of a backup: one row for each host, which every gateway can show.

Gateways cannot see a host's directory of backups, and the leader that took the newest one may be another host than
theirs; the database reaches them all. The row comes after the backup, so a backup does not know of itself, and a
database that was restored speaks of the backup before that one: never of one that is younger than the truth.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from debros.rqlite.errors import RqliteError, StatementError

if TYPE_CHECKING:
    from debros.hosts.database import Database
    from debros.hosts.snapshots.manifest import Manifest

# The table is a gateway's (migrations/008); one that is older, or none yet, has none.
_FORGET = "DELETE FROM _gw_backups WHERE host = ?"
_WRITE = "INSERT OR REPLACE INTO _gw_backups (host, created_at, bytes, pause) VALUES (?, ?, ?, ?)"


def tell(database: Database, manifest: Manifest, interval: float) -> str:
    """Tell of a host's newest backup; return why it could not be told, "" when it was.

    It is not tried again: the backup is good without it, and the next one is told of, too.

    Args:
        database: this host's.
        manifest: the backup's.
        interval: seconds between two, 0 = off.
    """
    created = round(manifest.created.timestamp() * 1000)
    try:
        database.execute(_WRITE, manifest.host, created, manifest.bytes, round(interval * 1000))
    except StatementError as error:
        return "no gateway has made its tables yet" if "no such table" in str(error) else str(error)
    except RqliteError as error:
        return str(error)
    return ""


def forget(database: Database, host: str) -> None:
    """Let the cluster forget the backups of a host that is no member any more: its row would only grow old.

    Whether it can be done or not makes no difference to the host's leaving.
    """
    with contextlib.suppress(RqliteError, StatementError):
        database.execute(_FORGET, host)
