"""Runs on the controller, in Ansible's own process: vaulted files are read the way Ansible reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.debros.network.plugins.module_utils import secret_files

_display = Display()


class ActionModule(ActionBase):
    """The action."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:  # noqa: ARG002 - Ansible's signature
        """Return the secrets."""
        result: dict[str, Any] = super().run(None, task_vars)
        _, given = self.validate_argument_spec(
            argument_spec={
                "directory": {"type": "path", "required": True},
                "passwords": {"choices": ["keep", "prepare", "switch", "finish"], "default": "keep"},
                "authority": {"choices": ["keep", "prepare", "switch", "finish"], "default": "keep"},
            }
        )
        files = secret_files.SecretFiles(Path(given["directory"]), self._read, check=self._task.check_mode)
        try:
            found = files.collect(given["passwords"], given["authority"])
        except secret_files.SecretsError as error:
            return {**result, "failed": True, "msg": str(error)}
        for name in files.bared:  # not as a part of the answer, which the role does not show
            path = Path(given["directory"]) / name
            _display.warning(
                f"{path}: a new secret, and not encrypted as the old one was; run: ansible-vault encrypt {path}"
            )
        return {**result, "changed": bool(files.made), "made": files.made, "secrets": found}

    def _read(self, path: Path) -> str:
        try:
            return str(self._loader.get_text_file_contents(str(path)))
        except AnsibleError as error:
            raise secret_files.SecretsError(f"{path}: {error} (for a vaulted file: --ask-vault-pass)") from None
