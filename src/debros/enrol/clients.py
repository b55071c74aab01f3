"""The table of clients (migrations/009_clients.sql): the cluster's gateways without a node, by their peer ids.

Only who has a password of the database can enter itself, so a peer of the list is one of the cluster's. It is no
member: its word about nodes counts nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

TABLE: Final = "_gw_clients"
# Seconds after its last word until a client is a stranger again: clocks may be wrong by hours, and a gateway that was
# taken away shall not be known for ever.
LASTING: Final = 24 * 3600.0
# Far more than nodes have places for.
_MOST: Final = 1000

READ: Final = f"SELECT peer_id FROM {TABLE} WHERE seen_at > ? ORDER BY seen_at DESC LIMIT {_MOST}"  # noqa: S608 - constants of this file
ENTER: Final = f"INSERT OR REPLACE INTO {TABLE} (peer_id, seen_at) VALUES (?, ?)"  # noqa: S608 - see above
FORGET: Final = f"DELETE FROM {TABLE} WHERE seen_at <= ?"  # noqa: S608 - see above


def since(now: int) -> int:
    """Return the time, in milliseconds since 1970, before which words are too old at `now`."""
    return now - int(LASTING * 1000)


def from_rows(rows: Sequence[Sequence[Any]]) -> frozenset[str]:
    """Return the peer ids that READ has found; what is none is no peer's."""
    return frozenset(str(peer) for (peer,) in rows)
