"""When the hosts of a running cluster may change. For the controller: it judges what hosts have answered."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field
from typing import Any

_GONE = "A machine that is gone for ever is replaced by a new one of its name and address: ansible/replace-node.yml"
_STOP = "stop the old machine first (there: sudo systemctl disable --now debros.target)"
_WHOLE = "see `debros-host check` on the hosts"


@dataclass(frozen=True)
class Seen:
    """The cluster as one host sees it.

    Attributes:
        leader: Whether somebody leads.
        members: What `debros-host leader --json` says of voters and replicas: id, address, reachable.
        voters: Ids of those that vote.
        failure: Why nothing can be said, "" when it can.
    """

    leader: bool = False
    members: list[dict[str, Any]] = field(default_factory=list)
    voters: list[str] = field(default_factory=list)
    failure: str = ""


def read(answer: dict[str, Any]) -> Seen:
    """Read the result of a task that ran `debros-host leader --json`; without a leader it answers, and ends with 5."""
    try:
        told = json.loads(str(answer.get("stdout", "")))
        voters, replicas = list(told["voters"]), list(told["replicas"])
    except (ValueError, KeyError, TypeError):
        said = str(answer.get("stderr") or answer.get("msg") or answer.get("stdout") or "no answer").strip()
        return Seen(failure=said)
    return Seen(bool(told.get("leader")), [*voters, *replicas], [str(one["id"]) for one in voters])


def problems(change: str, nodes: list[str], inventory: list[dict[str, str]], factor: int, seen: Seen) -> list[str]:
    """Say why a change must not begin now, each with the way out; [] when it may.

    Args:
        change: add, replace or remove.
        nodes: The hosts it is about.
        inventory: Name and address of every host of the inventory.
        factor: How many hosts vote.
        seen: The cluster as one of the other hosts sees it.
    """
    if seen.failure:
        return [f"it belongs to no cluster that can be asked ({seen.failure}); a new cluster is made with site.yml"]
    found = _absent(change, nodes, seen)
    if change == "add":
        found += _displaced(nodes, inventory, factor, seen)
    elif change == "replace":
        found += _elsewhere(nodes, inventory, seen)
    else:
        found += _unknown(nodes, inventory, seen)
    return found


def _absent(change: str, nodes: list[str], seen: Seen) -> list[str]:
    """Those who stay must be there: with another voter down the change could cost the majority."""
    absent = [str(one["id"]) for one in seen.members if not one["reachable"] and one["id"] not in nodes]
    absent = [name for name in absent if name in seen.voters]
    if absent:
        also = f", or name it too if it is to go (-e node={','.join([*nodes, *absent])})" if change == "remove" else ""
        named = ", ".join(absent)
        why = f"the voter {named} cannot be reached, and with it down this could cost the majority"
        return [f"{why}; bring it back first{also}; {_WHOLE}"]
    # Of two voters one is gone: the empty machine in its place makes a majority again.
    if seen.leader or change == "replace":
        return []
    why = f"the cluster has no leader; a majority of {', '.join(seen.voters)} must run and reach each other"
    return [f"{why}. {_GONE}"]


def _displaced(nodes: list[str], inventory: list[dict[str, str]], factor: int, seen: Seen) -> list[str]:
    """The first hosts of the inventory vote, so a new one before a voter would take its vote."""
    order = [one["name"] for one in inventory]
    lost = [name for name in seen.voters if name in order[factor:]]
    if not lost or not set(nodes) & set(order[:factor]):
        return []
    before = ", ".join(name for name in order[:factor] if name in nodes)
    why = f"in the inventory {before} stands before {', '.join(lost)}, which would no longer vote"
    return [f"{why} ({factor} hosts do, debros_replication_factor); put the new host at the end"]


def _elsewhere(nodes: list[str], inventory: list[dict[str, str]], seen: Seen) -> list[str]:
    """Two machines with one name, and both running, would take turns in the cluster."""
    wanted = {one["name"]: _plain(one["address"]) for one in inventory}
    return [
        f"{one['id']} still serves at {one['address']}, the inventory names {wanted.get(one['id'], 'none')}; {_STOP}"
        for one in seen.members
        if one["id"] in nodes and one["reachable"] and _host(one["address"]) != wanted.get(one["id"])
    ]


def _unknown(nodes: list[str], inventory: list[dict[str, str]], seen: Seen) -> list[str]:
    members = [str(one["id"]) for one in seen.members]
    return [
        f"{name} is neither a member of the cluster ({', '.join(members)}) nor in the inventory"
        for name in nodes
        if name not in members and name not in [one["name"] for one in inventory]
    ]


def _host(address: str) -> str:
    """Return the host of host:port, brackets of IPv6 off."""
    return _plain(address.rpartition(":")[0].strip("[]"))


def _plain(address: str) -> str:
    """Return the one form of an address that may be written in several; a name stays what it is."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address
