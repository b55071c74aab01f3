"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_keys
short_description: A host's libp2p identity and its certificate for the Raft port
description:
  - Both private keys are made on the host and never leave it. The certificate is signed on the controller and returned;
    a good one is kept.
  - The peer id, which is public, is noted on the controller, so that the configuration of the other hosts can name it.
options:
  ca_certificate: {description: "The authority's certificate, PEM.", required: true, type: str}
  ca_key: {description: "Its key, PEM; may be empty while no certificate is due.", required: true, type: str}
  peers: {description: Directory on the controller for the peer ids., required: true, type: path}
  name: {description: "The host's name in the inventory.", required: true, type: str}
  address: {description: IP address at which the other hosts reach it., required: true, type: str}
  days: {description: Days that a new certificate is valid., required: true, type: int}
  renew_days: {description: "With fewer days left, a new one is made.", required: true, type: int}
  root: {description: Where everything is on the host., type: path, default: /opt/debros}
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: Nothing is made.}
  diff_mode: {support: none, description: There is no text to compare.}
"""

EXAMPLES = r"""
- name: Keys
  debros.network.host_keys:
    ca_certificate: "{{ lookup('ansible.builtin.file', inventory_dir ~ '/secrets/ca.crt') }}"
    ca_key: "{{ lookup('ansible.builtin.file', inventory_dir ~ '/secrets/ca.key') }}"
    peers: "{{ inventory_dir }}/secrets/peers"
    name: "{{ inventory_hostname }}"
    address: 192.0.2.11
    days: 365
    renew_days: 30
  no_log: true
"""

RETURN = r"""
peer_id: {description: The libp2p peer id., returned: success, type: str}
certificate: {description: "The certificate, PEM.", returned: success, type: str}
reasons: {description: Why a new certificate was made., returned: success, type: list, elements: str}
"""
