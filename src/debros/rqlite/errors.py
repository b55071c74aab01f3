"""What can go wrong between us and rqlite, sorted by what the caller may do next.

::

    RqliteError
    ├── StatementError        the caller's SQL or values; nothing of this statement was applied
    │   └── StatementTimeout  a read took longer than it was allowed to
    ├── NoLeader              the cluster has no leader now; nothing applied, try again later
    ├── Unavailable           no node could be reached; nothing sent, try again later
    ├── Busy                  more writes wait than may wait, or one has waited too long; nothing sent, try again later
    ├── CallerGone            whoever asked for a write went away while it waited; nothing sent
    ├── UnknownOutcome        a write was sent and may or may not be applied: never repeat it blindly
    ├── AccessDenied          credentials are missing, wrong or lack a permission; nothing applied
    ├── ProtocolError         the answer makes no sense; is this really rqlite?
    └── TooLarge              a read's answer exceeded the limit and was thrown away
"""

from __future__ import annotations


class RqliteError(Exception):
    """Base of everything this package raises about a database."""


class StatementError(RqliteError):
    """One statement is at fault: its SQL, its parameters, or a constraint it violates.

    Attributes:
        message: SQLite's or our own text, fit to be shown to whoever wrote the statement.
        index: Position of the statement in the request, from 0; None when rqlite blames the request as a whole.
    """

    def __init__(self, message: str, index: int | None = 0) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


class StatementTimeout(StatementError):  # noqa: N818 - see NoLeader
    """A read ran into its time limit and was stopped by the database; it changed nothing."""


class NoLeader(RqliteError):  # noqa: N818 - names say what happened; the base class says that it is an error
    """The cluster cannot commit (or read at this level) now. Nothing was applied; a later attempt may succeed."""


class Unavailable(RqliteError):  # noqa: N818 - see NoLeader
    """No configured node could be reached or, for a read, none answered in time. Nothing was applied."""


class Busy(RqliteError):  # noqa: N818 - see NoLeader
    """A write was not sent because too many wait already, or because it has waited too long itself.

    Attributes:
        own: It is the caller's own namespace that has too many waiting; others may still write.
    """

    def __init__(self, message: str, *, own: bool = False) -> None:
        super().__init__(message)
        self.own = own


class CallerGone(RqliteError):  # noqa: N818 - see NoLeader
    """A write was taken back because its caller went away while it waited. Nothing of it was sent."""


class UnknownOutcome(RqliteError):  # noqa: N818 - see NoLeader
    """A write was sent and its fate is not known. Repeating it may apply it twice."""


class AccessDenied(RqliteError):  # noqa: N818 - see NoLeader
    """rqlite refused our credentials (HTTP 401). Nothing was applied."""


class ProtocolError(RqliteError):
    """The answer is not what rqlite documents."""


class TooLarge(RqliteError):  # noqa: N818 - see NoLeader
    """The answer to a read is larger than `max_response_bytes`."""
