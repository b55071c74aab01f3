"""Ansible lookup: the hosts of the cluster, also those that are not in this run."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.lookup import LookupBase

DOCUMENTATION = r"""
name: members
short_description: Name, address and peer id of every host of the cluster
description:
  - "A member has a database, and so a part in the cluster. A host with C(debros_gateway_only) has none and is left out;
    O(gateways) asks for those instead."
  - "One entry per host of the group, whatever O(ignore:--limit) says: in inventory order, or by C(debros_position)
    where hosts have one, so that several inventories of one cluster agree. The address is the host's
    C(debros_address), else its C(ansible_host) or name when that is an IP address, else the address of its default
    route when its facts are known, else empty (the preflight then says what to add)."
options:
  group: {description: The cluster's group., type: str, default: debros}
  secrets_dir:
    description: The controller's directory with the hosts' peer ids (peers/<host>). Without it none is known.
    type: str
    default: ""
  gateways: {description: Return the hosts with a gateway alone., type: bool, default: false}
  without:
    description: Hosts that are about to leave the cluster, and count no more.
    type: list
    elements: str
    default: []
author: [The DeBros Network founders]
"""

EXAMPLES = r"""
- ansible.builtin.debug:
    msg: "{{ query('debros.network.members', secrets_dir=inventory_dir ~ '/secrets') }}"
"""

RETURN = r"""
_list:
  description: Mappings with name, address ("" = not known) and peer ("" = not known yet).
  type: list
  elements: dict
"""


def address_of(name: str, known: Any) -> str:
    """Return the address at which the others reach a host; "" when it is not known.

    Args:
        name: The host's name in the inventory.
        known: The host's variables.
    """
    if stated := str(known.get("debros_address") or ""):
        return stated
    for candidate in (str(known.get("ansible_host") or ""), name):
        if is_address(candidate):
            return candidate
    facts = known.get("ansible_facts") or {}
    return str(
        (facts.get("default_ipv4") or {}).get("address") or (facts.get("default_ipv6") or {}).get("address") or ""
    )


def position_of(name: str, known: Any) -> int:
    """Return a host's place among the members; 0 when the inventory's order says it.

    Raises:
        AnsibleLookupError: It is no number.
    """
    try:
        return int(known.get("debros_position") or 0)
    except (TypeError, ValueError):
        raise AnsibleLookupError(f"{name}: debros_position is {known['debros_position']!r}, not a number") from None


def gateway_only(known: Any) -> bool:
    """Tell whether a host has a gateway and nothing else.

    Args:
        known: The host's variables.
    """
    return bool(boolean(known.get("debros_gateway_only") or False, strict=False))


def is_address(text: str) -> bool:
    """Tell whether a text is an IPv4 or IPv6 address by which others can reach a host."""
    try:
        return not ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def peer_of(name: str, secrets_dir: Path) -> str:
    """Return the libp2p peer id that an earlier run has noted for a host; "" when there is none."""
    try:
        return (secrets_dir / "peers" / name).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise AnsibleLookupError(f"{secrets_dir / 'peers' / name}: {error}") from error


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: Any, variables: Any = None, **kwargs: Any) -> list[dict[str, str]]:  # noqa: ARG002 - Ansible's
        """Return the members."""
        self.set_options(var_options=variables, direct=kwargs)
        directory = self.get_option("secrets_dir")
        hosts = variables["groups"].get(self.get_option("group"), [])
        hosts = sorted(hosts, key=lambda name: position_of(str(name), variables["hostvars"][name]))
        return [
            {
                "name": str(name),
                "address": address_of(str(name), variables["hostvars"][name]),
                "peer": peer_of(str(name), Path(directory)) if directory else "",
            }
            for name in hosts
            if name not in self.get_option("without")
            and gateway_only(variables["hostvars"][name]) == self.get_option("gateways")
        ]
