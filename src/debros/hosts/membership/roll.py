"""The list itself, in the database: read, entered, left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from debros.enrol import table
from debros.enrol.members import Member, MemberError
from debros.hosts.cluster import look
from debros.rqlite.errors import StatementError
from debros.rqlite.types import Level
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from debros.hosts.database import Database


def read(database: Database, level: Level = Level.STRONG) -> list[Member]:
    """Return the members in their order; [] also when the table is not there yet.

    Raises:
        CliError: the list makes no sense.
        RqliteError: the database cannot tell.
    """
    try:
        return table.from_rows(database.query(table.READ, level=level).values)
    except StatementError as error:
        if table.is_missing(error.message):
            return []
        raise
    except MemberError as error:
        raise CliError(
            f"the cluster's list of members makes no sense: {error}",
            code="members",
            hint=f"somebody has written into {table.TABLE}; nothing was changed",
        ) from None


def found(database: Database, own: Member) -> None:
    """Make sure that this host is in the list, as the first one of a cluster that has none yet.

    Raises:
        CliError: the list has others and not this one, or there is no list although there are others.
        RqliteError: the database cannot tell or write.
    """
    members = read(database)
    if any(member.name == own.name for member in members):
        tell(database, own)
        return
    others = [node.id for node in look(database).members if node.id != own.name]
    if members or others:
        raise _missing(own, others=bool(others))
    _enter(database, own)


def announce(database: Database, own: Member) -> bool:
    """Tell the others this host's peer id and address, and enter it again when the list has lost it.

    That happens when a backup from before its joining is restored. A cluster of one host that never made an invite has
    no list, and gets none here.

    Returns:
        Whether that changed anything.

    Raises:
        CliError: this host does not belong to the cluster any more, or another one has its address.
        RqliteError: the database cannot tell or write.
    """
    members = read(database)
    if any(member.name == own.name for member in members):
        return tell(database, own)
    nodes = look(database).members
    if not members and len(nodes) == 1:
        return False
    if own.name not in [node.id for node in nodes]:
        raise _missing(own, others=False)
    _enter(database, own)
    return True


def tell(database: Database, own: Member) -> bool:
    """Write this host's address and peer id into its row; tell whether they were news.

    Raises:
        CliError: another member has the address.
        RqliteError: the database cannot write.
    """
    values = (own.address, own.peer_id, own.name, own.address, own.peer_id)
    try:
        return database.execute(table.TELL_PEER_ID, *values) > 0
    except StatementError as error:
        raise _taken(own, error) from None


def leave(database: Database, name: str) -> bool:
    """Take a host out of the list; tell whether it was in it.

    Raises:
        RqliteError: the database cannot write.
    """
    try:
        return database.execute(table.DELETE, name) > 0
    except StatementError as error:
        if table.is_missing(error.message):
            return False
        raise


def _enter(database: Database, own: Member) -> None:
    try:
        database.execute(table.INSERT, own.name, own.address, own.peer_id, int(time.time() * 1000))
    except StatementError as error:
        if table.is_missing(error.message):
            raise CliError(
                "the cluster has no table for its members yet; the gateway makes it",
                code="members",
                hint="see: systemctl status debros-gateway; journalctl -u debros-gateway -n 50",
            ) from None
        raise _taken(own, error) from None


def _taken(own: Member, error: StatementError) -> CliError | StatementError:
    if not table.taken(error.message):
        return error
    return CliError(
        f"another member has the name {own.name} or the address {own.address}",
        code="members",
        hint="see: debros-host members; one that is gone is removed with: debros-host members remove NAME",
    )


def _missing(own: Member, *, others: bool) -> CliError:
    if others:
        hint = "was a backup from before its joining restored? Then run on each host: sudo debros-host members announce"
    else:
        hint = "it was removed. To use it again: run the installer with --purge, then with --join and a new invite"
    return CliError(f"{own.name} is not in the cluster's list of members", code="not_a_member", hint=hint)
