"""The SQL of key-value storage.

One statement decides and acts, with the gateway's time as a parameter: between a look and a write somebody else could
write, and every host runs a write again, by a clock of its own.

The columns that were added behind the value are read only where the value is needed as well; else SQLite would go
through its megabytes. Whether a value is over stands in an index.
"""

from typing import NamedTuple

from debros.rqlite.types import Statement
from debros.tenants.storage.conditions import Conditions, Sql

# The version of a row; one that an older gateway has put has only its time (migrations/005_storage_conditions.sql).
_VERSION = "CASE version WHEN '' THEN 'at-' || updated_at ELSE version END"
_OVER = (
    "EXISTS (SELECT 1 FROM _gw_kv AS o INDEXED BY _gw_kv_ends"
    " WHERE o.key = k.key AND o.expires_at IS NOT NULL AND o.expires_at <= ?)"
)
_EXISTS = f"SELECT 1 FROM _gw_kv AS k WHERE k.key = ? AND NOT {_OVER}"  # noqa: S608 - constants of this file
# A range and not LIKE: `%` and `_` in a prefix are plain characters, and the range ends where the prefix does.
_LIST = (
    "SELECT k.key FROM _gw_kv AS k WHERE k.key >= ? AND k.key > ? AND k.key < ?"  # noqa: S608 - see above
    f" AND NOT {_OVER} ORDER BY k.key LIMIT ?"
)
# The value itself must be a column: rqlite would return the bytes of an expression as text.
_GET = (
    "SELECT k.version, k.content_type, k.expires_at, v.value FROM"  # noqa: S608 - see above
    f" (SELECT key, {_VERSION} AS version, content_type, expires_at FROM _gw_kv"
    "   WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)) AS k"
    " LEFT JOIN _gw_kv AS v ON v.key = k.key AND {wanted}"
)
_INSERT = (
    "INSERT INTO _gw_kv(key, value, size, content_type, version, expires_at, created_at, updated_at)"
    " VALUES(?, unhex(?), ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT(key) DO UPDATE SET value = excluded.value, size = excluded.size,"
    " content_type = excluded.content_type, version = excluded.version, expires_at = excluded.expires_at,"
    " created_at = CASE WHEN {live} THEN created_at ELSE excluded.created_at END, updated_at = excluded.updated_at"
    " WHERE {may}"
)
_UPDATE = (
    "UPDATE _gw_kv SET value = unhex(?), size = ?, content_type = ?, version = ?, expires_at = ?, updated_at = ?"
    " WHERE key = ? AND {may}"
)
_DELETE = "DELETE FROM _gw_kv WHERE key = ? AND {may}"
_KEPT = "UPDATE _gw_kv SET size = size WHERE key = ? AND NOT ({may})"


class Entry(NamedTuple):
    """A row to be written; times in milliseconds since 1970.

    Attributes:
        key: Its inner name.
        value: The bytes.
        content_type: Empty for application/octet-stream.
        version: A new one.
        expires_at: When it is over; None: never.
    """

    key: str
    value: bytes
    content_type: str
    version: str
    expires_at: int | None


def put(entry: Entry, conditions: Conditions, now: int) -> Statement:
    """Return the write of a row if the conditions hold; the number of changed rows tells whether they did."""
    live, may = _live(now), _may(conditions, now)
    facts = (entry.value.hex(), len(entry.value), entry.content_type, entry.version, entry.expires_at)
    if conditions.match is not None:  # there must be a row: nothing may be inserted
        return Statement(_UPDATE.format(may=may.text), (*facts, now, entry.key, *may.args), verbatim=True)
    return Statement(
        _INSERT.format(live=live.text, may=may.text),
        (entry.key, *facts, now, now, *live.args, *may.args),
        verbatim=True,
    )


def get(key: str, conditions: Conditions, now: int) -> Statement:
    """Return the question for version, content type, end and value; the value only where the conditions hold."""
    wanted = conditions.sql(Sql("1"), "k.version")
    return Statement(_GET.format(wanted=wanted.text), (key, now, *wanted.args))


def delete(key: str, conditions: Conditions, now: int) -> Statement:
    """Return the deletion of a row if the conditions hold."""
    may = _may(conditions, now)
    return Statement(_DELETE.format(may=may.text), (key, *may.args), verbatim=True)


def kept(key: str, conditions: Conditions, now: int) -> Statement:
    """Return a write that changes nothing; as many rows as the conditions protect count as changed.

    In one transaction before the deletion it tells a row that had to stay from one that was not there.
    """
    may = _may(conditions, now)
    return Statement(_KEPT.format(may=may.text), (key, *may.args), verbatim=True)


def exists(key: str, now: int) -> Statement:
    """Return the question whether there is a row whose value is not over."""
    return Statement(_EXISTS, (key, now))


def keys(first: str, after: str, end: str, limit: int, now: int) -> Statement:
    """Return the question for keys from `first` on, behind `after` and before `end`."""
    return Statement(_LIST, (first, after, end, now, limit))


def _live(now: int) -> Sql:
    return Sql("(expires_at IS NULL OR expires_at > ?)", (now,))


def _may(conditions: Conditions, now: int) -> Sql:
    return conditions.sql(_live(now), f"({_VERSION})")
