"""This host as a member: name, address and peer id, from what it runs with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros import identity
from debros.config.raft import LOOPBACK, with_port
from debros.enrol import keep
from debros.enrol.members import Member, MemberError, parse
from debros.hosts import places
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from pathlib import Path

    from debros.hosts.settings import Settings


def itself(settings: Settings) -> Member:
    """Return this host; its position is not known here and stands as 1.

    Raises:
        ConfigError: the node's configuration has problems.
        IdentityError: its key cannot be read.
        CliError: its name or address cannot be a member's.
    """
    config = settings.node
    host, _ = with_port(config.discovery.raft_adv_address, config.database.rqlite_raft_port)
    peer_id = identity.load(settings.keys / places.IDENTITY_KEY).peer_id
    entry = {"name": config.node.id, "address": host or LOOPBACK, "peer_id": peer_id, "position": 1}
    try:
        (member,) = parse([entry])
    except MemberError as error:
        raise CliError(
            f"{settings.config}: node.id or discovery.raft_adv_address does not fit a list of members: {error}",
            code="member",
            hint="both come from the inventory: the host's name, and debros_address",
        ) from None
    return member


def require_self_managed(etc: Path) -> None:
    """Refuse a host whose cluster is managed from elsewhere.

    Raises:
        CliError: it is.
    """
    if not (etc / places.SECRETS / keep.MARK).is_file():
        raise CliError(
            f"this host does not have the cluster's authority ({etc / places.SECRETS / keep.MARK}), so its members are"
            " the business of whoever has",
            code="not_self_managed",
            hint="add or remove a host in the inventory of the controller, and run there:"
            " ansible-playbook site.yml -i INVENTORY",
        )
