"""The values that cross the border to rqlite, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# What SQLite can bind through rqlite's JSON. BLOBs travel as hex text and `unhex(?)` in the SQL, because
# rqlite before 8.31 has no blob parameters.
Value = None | bool | int | float | str
Args = Sequence[Value] | Mapping[str, Value]


class Level(StrEnum):
    """Read consistency, weakest first: none, weak, linearizable, strong (https://rqlite.io/docs/api/read-consistency/)."""

    NONE = "none"
    WEAK = "weak"
    LINEARIZABLE = "linearizable"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with its parameters.

    Attributes:
        sql: Exactly one statement; a trailing semicolon and comments are allowed.
        args: Values for `?` (a sequence), or for `:name`, `@name`, `$name` (a mapping, keys without the prefix).
        verbatim: Time and randomness in it are settled already; rqlite need not look for them, and must not.
    """

    sql: str
    args: Args = ()
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What one write did.

    Attributes:
        rows_affected: Rows changed by INSERT, UPDATE, DELETE or REPLACE; meaningless for other statements.
        last_insert_id: Row id of an INSERT. After any other statement rqlite reports whatever its one shared
            write connection inserted last, so do not read it then.
        columns: Column names of a RETURNING clause, else empty.
        types: Declared types of those columns.
        values: The rows of a RETURNING clause.
    """

    rows_affected: int = 0
    last_insert_id: int = 0
    columns: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The rows of one read. BLOB columns arrive as base64 text; integers keep all 64 bits."""

    columns: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RaftNode:
    """One member of the cluster as the answering node sees it.

    Attributes:
        id: Raft node id.
        api_addr: URL of its HTTP API; empty when it is not reachable.
        addr: host:port of its Raft listener.
        voter: False for a read-only replica.
        reachable: The answering node could talk to it within a second.
        leader: It leads the cluster.
    """

    id: str
    api_addr: str
    addr: str
    voter: bool
    reachable: bool
    leader: bool


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password of rqlite's `-auth` file."""

    username: str
    password: str = field(repr=False)
