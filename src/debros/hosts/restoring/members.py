"""The members of the cluster that a restore makes: the same list on every host."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from debros.config.addresses import parse_host_port, same_host_port
from debros.config.raft import is_own, join_addresses, raft_addresses
from debros.hosts import units
from debros.hosts.cluster import look
from debros.rqlite.errors import RqliteError
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from debros.config import NodeConfig
    from debros.hosts.settings import Settings

_REPLICA = ",replica"


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One host of the database.

    Attributes:
        id: its Raft id.
        address: host:port of its Raft.
        voter: False for a read-only replica.
    """

    id: str
    address: str
    voter: bool = True

    def __str__(self) -> str:
        return f"{self.id}={self.address}{'' if self.voter else _REPLICA}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `ID=HOST:PORT` or `ID=HOST:PORT,replica`.

        Raises:
            ValueError: it is neither.
        """
        voter = not text.endswith(_REPLICA)
        identity, equals, address = text.removesuffix(_REPLICA).partition("=")
        if not (identity and equals):
            raise ValueError(f"{text!r} is not ID=HOST:PORT or ID=HOST:PORT{_REPLICA}")
        parse_host_port(address)
        return cls(identity, address, voter)


def peers_json(members: Iterable[Member]) -> str:
    """Return what rqlite wants in raft/peers.json (rqlite.io/docs/clustering/general-guidelines, "failure")."""
    return json.dumps([{"id": one.id, "address": one.address, "non_voter": not one.voter} for one in members])


def own(config: NodeConfig) -> Member:
    """Return this host as its configuration and its unit have it.

    Raises:
        IdentityError: it has no id of its own, and the node's key cannot be used.
    """
    from debros.identity import load_or_create  # noqa: PLC0415 - only hosts whose id is that of their key need it

    identity = config.node.id or load_or_create(config.node.key_file).peer_id
    address = raft_addresses(
        port=config.database.rqlite_raft_port,
        listen=config.database.rqlite_raft_listen,
        advertised=config.discovery.raft_adv_address,
    ).advertised
    return Member(identity, address, voter="--replica" not in units.command_line(units.RQLITE))


def of_cluster(settings: Settings, given: tuple[Member, ...]) -> tuple[Member, ...]:
    """Return the members that the restored cluster will have.

    Args:
        settings: this host's.
        given: those the caller named; none: those of the running database, or this host alone.

    Raises:
        CliError: the list does not fit this host or the running database, or one is needed.
    """
    me, living = own(settings.node), _living(settings)
    if not given:
        if not living and _names_others(settings.node):
            raise CliError(
                "the database does not answer, and the configuration says that this host is not the only one",
                code="members_unknown",
                hint="name every host of the cluster, the same list on each: --member ID=HOST:PORT --member …",
            )
        given = living or (me,)
    if not any(one.id == me.id and same_host_port(one.address) == same_host_port(me.address) for one in given):
        raise CliError(
            f"this host is {me}, and the list of members does not have it: {_listed(given)}", code="members_wrong"
        )
    forgotten = {one.id for one in living} - {one.id for one in given}
    if forgotten:
        raise CliError(
            f"the running database has members that the list does not name: {', '.join(sorted(forgotten))}",
            code="members_wrong",
            hint="add them to the inventory (or --member), or take them out of the cluster first",
        )
    if not any(one.voter for one in given):
        raise CliError(f"no member votes: {_listed(given)}", code="members_wrong")
    return tuple(sorted(given))


def _living(settings: Settings) -> tuple[Member, ...]:
    """Return the members of the running database; none when it does not answer."""
    with settings.database() as database:
        try:
            return tuple(Member(node.id, node.addr, node.voter) for node in look(database).members)
        except RqliteError:
            return ()


def _names_others(config: NodeConfig) -> bool:
    addresses = raft_addresses(
        port=config.database.rqlite_raft_port,
        listen=config.database.rqlite_raft_listen,
        advertised=config.discovery.raft_adv_address,
    )
    return any(not is_own(address, addresses) for address in join_addresses(config.database))


def _listed(members: Iterable[Member]) -> str:
    return " ".join(map(str, members))
