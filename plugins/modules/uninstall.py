"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: uninstall
short_description: Take DeBros Network off a host
description:
  - Runs the installer's own C(--uninstall) or C(--purge) on the host, so that both ways remove the same. Stops the
    services, removes units, programs, releases and our firewall rules. Data, keys, configuration and drop-ins of the
    operator stay unless O(purge=true).
  - Where nothing of ours is left, nothing is done.
options:
  purge:
    description: Remove data, keys, configuration, secrets in /etc/debros, drop-ins and the user as well.
    type: bool
    default: false
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: Nothing is changed.}
  diff_mode: {support: none, description: There is no text to compare.}
"""

EXAMPLES = r"""
- name: Nothing of it shall stay
  debros.network.uninstall:
    purge: true
"""

RETURN = r"""
commands: {description: What was (or in check mode would be) done., returned: success, type: list, elements: str}
"""
