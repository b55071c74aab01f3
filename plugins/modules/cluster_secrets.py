"""Documentation of the action plugin of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_secrets
short_description: Read the cluster's secrets on the controller, and make those that are missing
description:
  - The directory (mode 0700) holds C(ca.key), C(ca.crt), C(rqlite.yml), C(api-keys) and C(server-key), each with mode
    0600, each plain or encrypted with ansible-vault. What is there is never changed.
  - A new secret in the place of an encrypted one is written plain; a warning says which to encrypt again.
  - Use it with C(no_log) and C(run_once); the answer contains the secrets.
options:
  directory: {description: Where they are., required: true, type: path}
  passwords:
    description: "What to do with rqlite's passwords: V(prepare) makes new ones, which are known beside the old ones;
      V(switch) uses them; V(finish) forgets the old ones. Each can be repeated."
    type: str
    choices: [keep, prepare, switch, finish]
    default: keep
  authority:
    description: "What to do with the cluster's authority: V(prepare) makes a new one, trusted beside the old one;
      V(switch) signs with it; V(finish) trusts the old one no more. Each can be repeated."
    type: str
    choices: [keep, prepare, switch, finish]
    default: keep
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: "What is missing is made up, and not written."}
  diff_mode: {support: none, description: Secrets are not shown.}
"""

EXAMPLES = r"""
- name: The cluster's secrets
  debros.network.cluster_secrets:
    directory: "{{ inventory_dir }}/secrets"
  run_once: true
  no_log: true
  register: __secrets
"""

RETURN = r"""
made: {description: Names of files that were missing., returned: always, type: list, elements: str}
secrets:
  description: ca_key, ca_certificate, api_keys and server_key (texts of the files), rqlite (user:password by role),
    rqlite_users (all).
  returned: success
  type: dict
"""
