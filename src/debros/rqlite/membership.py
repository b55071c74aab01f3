"""Whether a data directory belongs to a member of a cluster already.

rqlite offers no way to ask that of a directory, so this reads what Raft leaves behind: every member has a configuration
(the list of servers) in its log or, once the log was cut, in a snapshot. A node that still waits for its cluster has
neither, although its files exist: it must not be taken for a member, for without any cluster flag it would start a
cluster of its own. The other mistake, taking a member for a new node, only costs what `command` gains by knowing.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LOG = "raft.db"
# rqlite 7, 8 and 9, 10.
_SNAPSHOTS = ("snapshots", "rsnapshots", "wsnapshots")
# A field of Raft's Configuration (hashicorp/raft, configuration.go) as msgpack writes it into a log entry.
_CONFIGURATION = b"\xa8Suffrage"
# In the data directory, because the database's unit sees nothing else; rqlite does not mind it.
REJOIN = "rejoin"


def is_member(data_dir: Path) -> bool:
    """Tell whether the node that keeps its data here has ever been part of a cluster.

    Raises:
        OSError: the directory cannot be read.
    """
    return _has_snapshot(data_dir) or _log_has_configuration(data_dir / _LOG)


def mark(data_dir: Path) -> None:
    """Note that the member that keeps its data here has left its cluster, or is about to, and is to join it again.

    Raises:
        OSError: the directory cannot be written.
    """
    (data_dir / REJOIN).touch()


def unmark(data_dir: Path) -> bool:
    """Forget that note; tell whether there was one.

    Raises:
        OSError: the directory cannot be written.
    """
    found = is_marked(data_dir)
    (data_dir / REJOIN).unlink(missing_ok=True)
    return found


def is_marked(data_dir: Path) -> bool:
    """Tell whether there is that note.

    Raises:
        OSError: the directory cannot be read.
    """
    return (data_dir / REJOIN).exists()


def _has_snapshot(data_dir: Path) -> bool:
    return any(next((data_dir / name).glob("*/meta.json"), None) is not None for name in _SNAPSHOTS)


def _log_has_configuration(log: Path) -> bool:
    try:
        with log.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(_CONFIGURATION) >= 0
    except FileNotFoundError:
        return False
    except ValueError:
        return False  # an empty file cannot be mapped
