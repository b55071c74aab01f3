"""A member of the cluster, and what may stand in its fields; they end in firewall rules, inventories and file names."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
# An Ed25519 key as libp2p's peer id: 38 bytes in base58, which always begin alike (see debros.identity).
_PEER_ID: Final = re.compile(r"12D3KooW[1-9A-HJ-NP-Za-km-z]{44}")
# Far more than Raft and one inventory serve well.
_MOST: Final = 1000


class MemberError(ValueError):
    """A field of a member, or a list of members, is not what it may be; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Member:
    """One host of the cluster.

    Attributes:
        name: its name in the inventory, and its Raft id.
        address: IP address at which the others reach it.
        peer_id: its libp2p peer id; "" as long as nobody knows it.
        position: its place in the list; the first ones vote.
    """

    name: str
    address: str
    peer_id: str
    position: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def check_name(name: str) -> str:
    """Return a host's name.

    Raises:
        MemberError: it is none.
    """
    if not _NAME.fullmatch(name):
        raise MemberError(f"{name[:80]!r} is no host name for a cluster: up to 63 letters, digits and hyphens")
    return name


def check_address(text: str) -> str:
    """Return an IP address in its usual form.

    Raises:
        MemberError: it is none at which another host could be reached.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise MemberError(f"{text[:80]!r} is no IP address") from None
    if address.is_unspecified or address.is_multicast or "%" in text:
        raise MemberError(f"{text[:80]} is no address at which one host is reached")
    return str(address)


def check_peer_id(text: str) -> str:
    """Return a peer id, or "".

    Raises:
        MemberError: it is none.
    """
    if text and not _PEER_ID.fullmatch(text):
        raise MemberError(f"{text[:80]!r} is no peer id of an Ed25519 key")
    return text


def parse(entries: Iterable[Any]) -> list[Member]:
    """Return members from mappings with the fields of `Member`, in the order of their positions.

    Raises:
        MemberError: a field is missing or wrong, or two members share what must be their own.
    """
    members = [_member(entry) for entry in entries]
    if len(members) > _MOST:
        raise MemberError(f"a list of {len(members)} members; {_MOST} are the most")
    for what in ("name", "address", "position"):
        seen = [str(getattr(member, what)).lower() for member in members]
        if twice := next((value for value in seen if seen.count(value) > 1), None):
            raise MemberError(f"two members have the {what} {twice}")
    return sorted(members, key=lambda member: member.position)


def _member(entry: Any) -> Member:
    try:
        name, address, peer_id, position = (entry[key] for key in ("name", "address", "peer_id", "position"))
    except (KeyError, TypeError, IndexError):
        raise MemberError("a member needs name, address, peer_id and position") from None
    if not all(isinstance(text, str) for text in (name, address, peer_id)):
        raise MemberError("name, address and peer_id of a member must be text")
    if not isinstance(position, int) or isinstance(position, bool) or not 0 < position < 2**31:
        raise MemberError(f"the position of {check_name(name)} must be a whole number from 1 on")
    return Member(check_name(name), check_address(address), check_peer_id(peer_id), position)
