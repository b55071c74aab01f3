"""Documentation of the action plugin of the same name, which does the work on the controller."""

DOCUMENTATION = r"""
module: fleet_gate
short_description: Refuse to change the hosts of a running cluster while that could cost it its majority
description:
  - Judges what one of the other hosts sees, and names every reason with its way out. Nothing is ever changed.
options:
  change:
    description: What is about to be done.
    choices: [add, replace, remove]
    required: true
    type: str
  nodes: {description: The hosts it is about., required: true, type: list, elements: str}
  members:
    description: All hosts of the inventory with a database (name and address).
    required: true
    type: list
    elements: dict
  gateways: {description: Names of those with a gateway alone., type: list, elements: str, default: []}
  voters: {description: How many hosts vote., required: true, type: int}
  answer: {description: The result of a task that ran C(debros-host leader --json)., required: true, type: dict}
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: It never changes anything.}
  diff_mode: {support: none, description: There is no text to compare.}
"""

EXAMPLES = r"""
- name: Can the cluster spare n3?
  debros.network.fleet_gate:
    change: remove
    nodes: [n3]
    members: "{{ debros_members }}"
    voters: "{{ debros_replication_factor }}"
    answer: "{{ __leader }}"
"""

RETURN = r""" # """
