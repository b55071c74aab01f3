"""A host's identity and certificate: the keys are made on the host, the certificate is signed here."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.debros.network.plugins.module_utils import pki

# The name under which every host's rqlite expects every other one.
RAFT_NAME = "debros-raft"


class KeysError(Exception):
    """The host has no keys or certificate; the text says why and what to do."""


class ActionModule(ActionBase):
    """The action."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:  # noqa: ARG002 - Ansible's signature
        """Return peer id and certificate, and note the peer id on the controller."""
        result: dict[str, Any] = super().run(None, task_vars)
        _, given = self.validate_argument_spec(
            argument_spec={
                "ca_certificate": {"type": "str", "required": True},
                "ca_key": {"type": "str", "required": True, "no_log": True},
                "peers": {"type": "path", "required": True},
                "name": {"type": "str", "required": True},
                "address": {"type": "str", "required": True},
                "days": {"type": "int", "required": True},
                "renew_days": {"type": "int", "required": True},
                "root": {"type": "path", "default": "/opt/debros"},
            }
        )
        try:
            return {**result, **self._keys(given)}
        except (KeysError, pki.PkiError) as problem:
            return {**result, "failed": True, "msg": f"{given['name']}: {problem}"}
        except OSError as error:
            return {**result, "failed": True, "msg": f"{error.filename}: {error.strerror}"}

    def _keys(self, given: dict[str, Any]) -> dict[str, Any]:
        root = given["root"]
        found = self._low_level_execute_command(
            f"cd {shlex.quote(root)}/keys && ls && cat raft.crt 2>/dev/null", sudoable=True, in_data=b"\n"
        )
        listed, begin, pem = found["stdout"].partition("-----BEGIN")
        names, pem = listed.split(), (begin + pem).strip() + "\n" if begin else ""
        if self._task.check_mode and "identity.key" not in names:
            return {"changed": True, "peer_id": "", "certificate": "", "reasons": ["the host has no keys yet"]}

        peer = str(self._host(root, "identity")["peer_id"])
        changed = "identity.key" not in names
        changed |= self._note(Path(given["peers"]), given["name"], peer)
        reasons = ["the host has lost its key"] if "raft.key" not in names else []
        dns = [given["name"].lower(), RAFT_NAME]
        reasons += pki.faults(
            pem,
            given["ca_certificate"],
            dns=dns,
            address=given["address"],
            renew_days=given["renew_days"],
            ca_key_pem=given["ca_key"],
        )
        if reasons and not self._task.check_mode:
            if not given["ca_key"].strip():
                raise KeysError(
                    f"a new certificate is due ({'; '.join(reasons)}) but ca.key is not in the directory of secrets; "
                    "put it there for this run"
                )
            request = str(
                self._host(root, "csr", "--name", given["name"].lower(), "--address", given["address"])["csr"]
            )
            pem = pki.sign(
                request, given["ca_key"], given["ca_certificate"], dns=dns, address=given["address"], days=given["days"]
            )
        return {"changed": changed or bool(reasons), "peer_id": peer, "certificate": pem, "reasons": reasons}

    def _host(self, root: str, *words: str) -> dict[str, Any]:
        """Run debros-host on the host and return its answer."""
        command = shlex.join([f"{root}/bin/debros-host", *words, "--json"])
        # With data on standard input there is no terminal, which would mix what is said into what is answered.
        done = self._low_level_execute_command(command, sudoable=True, in_data=b"\n")
        if done["rc"]:
            raise KeysError(f"debros-host {words[0]}: {said(done['stderr'] or done['stdout'])}")
        try:
            answer: dict[str, Any] = json.loads(done["stdout"])
        except ValueError:
            raise KeysError(f"debros-host {words[0]} answered: {done['stdout'][:200]!r}") from None
        return answer

    def _note(self, directory: Path, name: str, peer: str) -> bool:
        """Write the peer id where the other hosts' runs find it; tell whether it was news."""
        path = directory / name
        if path.exists() and path.read_text(encoding="ascii").strip() == peer:
            return False
        if not self._task.check_mode:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, draft = tempfile.mkstemp(prefix=f".{name}.", dir=directory)
            with os.fdopen(number, "w", encoding="ascii") as file:
                file.write(f"{peer}\n")
            Path(draft).replace(path)
        return True


def said(text: str) -> str:
    """Return what a program with --json has to say about its failure, as people read it."""
    try:
        told = json.loads(text.strip().splitlines()[-1])
        return f"{told['error']}{'; ' + told['hint'] if told.get('hint') else ''}"
    except (ValueError, IndexError, KeyError, TypeError):
        return text.strip()
