"""Runs on the controller, in Ansible's own process: judges what a host has answered."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.debros.network.plugins.module_utils import fleet


class ActionModule(ActionBase):
    """The action."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:  # noqa: ARG002 - Ansible's signature
        """Fail with every reason why the change must not begin."""
        result: dict[str, Any] = super().run(None, task_vars)
        _, given = self.validate_argument_spec(
            argument_spec={
                "change": {"choices": ["add", "replace", "remove"], "required": True},
                "nodes": {"type": "list", "elements": "str", "required": True},
                "members": {"type": "list", "elements": "dict", "required": True},
                "gateways": {"type": "list", "elements": "str", "default": []},
                "voters": {"type": "int", "required": True},
                "answer": {"type": "dict", "required": True},
            }
        )
        seen = fleet.read(given["answer"])
        # A gateway alone may come and go: it is in the inventory, and to the database nobody.
        nobody = set(given["gateways"]) - {str(one["id"]) for one in seen.members}
        nodes = [name for name in given["nodes"] if name not in nobody]
        found = fleet.problems(given["change"], nodes, given["members"], given["voters"], seen)
        if not found:
            return {**result, "changed": False}
        lines = "".join(f"\n  - {problem}" for problem in found)
        host = (task_vars or {}).get("inventory_hostname", "")
        return {**result, "failed": True, "msg": f"{host}: nothing was changed:{lines}"}
