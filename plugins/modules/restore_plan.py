"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: restore_plan
short_description: What a restore of a whole cluster is about
description:
  - Decides on the controller, from what the operator asked for and what every host said of itself
    (C(debros-host restore-step status), registered as C(__restore_status)), whether this run begins a restore or goes
    on with one, and refuses what cannot work before anything is changed.
options:
  confirm: {description: Somebody wants this., type: bool, default: false}
  file: {description: "A backup on the controller, with its manifest beside it.", type: path, default: ""}
  source: {description: Host on which the backup lies., type: str, default: ""}
  backup: {description: Its name there., type: str, default: ""}
  rollback: {description: Put back what the last restore has replaced., type: bool, default: false}
  hosts: {description: All hosts of the cluster., type: list, elements: str, required: true}
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: It changes nothing.}
  diff_mode: {support: none, description: There is no text to compare.}
"""

EXAMPLES = r"""
- name: Decide
  debros.network.restore_plan:
    confirm: true
    file: debros-20260102T030405Z.sqlite
    hosts: "{{ groups['debros'] }}"
  run_once: true
"""

RETURN = r"""
plan:
  description: C(id) of this restore, C(back_to) when one is undone, and C(members) of the cluster.
  returned: success
  type: dict
file: {description: "Absolute path of V(file), empty without one.", returned: success, type: str}
"""
