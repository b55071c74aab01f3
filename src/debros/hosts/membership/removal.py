"""Taking a host out of a cluster that manages itself: first out of the database, then out of the list of members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.hosts import removal
from debros.hosts.membership import roll
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.hosts.database import Database
    from debros.hosts.waiting import Wait


def remove(database: Database, name: str, waiting: Wait) -> bool:
    """Remove a host, whether it still runs or not; interrupted, it can be repeated.

    Args:
        database: this host's.
        name: of the host.
        waiting: how long it may take.

    Returns:
        Whether it was in the database's cluster.

    Raises:
        CliError: it is this host, or unknown, or the others could not go on without it.
        RqliteError: the database cannot tell, or cannot change anything now.
    """
    listed = any(member.name == name for member in roll.read(database))
    was_in = removal.remove(database, name, waiting).member is not None
    if not listed and not was_in:
        raise CliError(
            f"the cluster has no host called {name}",
            code="no_such_member",
            exit_code=ExitCode.NOT_FOUND,
            hint="its hosts: debros-host members",
        )
    removal.persist(waiting, lambda: _strike(database, name))
    return was_in


def _strike(database: Database, name: str) -> str:
    roll.leave(database, name)
    return ""
