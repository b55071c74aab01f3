"""What a restore of a whole cluster is about: decided here, from what the operator wants and what the hosts have."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

NOTHING = "Nothing was changed."
USAGE = (
    "This replaces the data of the whole cluster. Say -e restore_confirm=true, and one of: -e restore_file=FILE (on "
    "this controller, its manifest .json beside it); -e restore_from=HOST -e restore_backup=NAME (as `debros-host "
    "backups` on that host shows it); -e restore_rollback=true (back to what the last restore has replaced)."
)
REGISTERED = "__restore_status"


class PlanError(Exception):
    """The restore cannot begin; the text says why and what to do."""


class ActionModule(ActionBase):
    """The action."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Return the plan."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, given = self.validate_argument_spec(
            argument_spec={
                "confirm": {"type": "bool", "default": False},
                "file": {"type": "path", "default": ""},
                "source": {"type": "str", "default": ""},
                "backup": {"type": "str", "default": ""},
                "rollback": {"type": "bool", "default": False},
                "hosts": {"type": "list", "elements": "str", "required": True},
            }
        )
        try:
            require_wish(given)
            if given["file"]:
                require_sound(Path(given["file"]))
            hosts = {name: answer(name, task_vars["hostvars"][name].get(REGISTERED)) for name in given["hosts"]}
            # A task would look for a relative path beside the playbook, and not where the operator is.
            file = str(Path(given["file"]).absolute()) if given["file"] else ""
            return {**result, "plan": plan(given, hosts, dt.datetime.now(dt.UTC)), "file": file}
        except PlanError as problem:
            return {**result, "failed": True, "msg": f"{problem} {NOTHING}"}


def require_wish(given: dict[str, Any]) -> None:
    """Raise PlanError unless exactly one thing was asked for, and confirmed."""
    wishes = [bool(given["file"]), bool(given["backup"]), given["rollback"]]
    if not given["confirm"] or sum(wishes) != 1 or bool(given["backup"]) != bool(given["source"]):
        raise PlanError(USAGE)
    if given["source"] and given["source"] not in given["hosts"]:
        raise PlanError(f"restore_from: {given['source']} is none of the hosts {', '.join(given['hosts'])}.")
    if given["backup"] and Path(given["backup"]).name != given["backup"]:
        raise PlanError(f"restore_backup: {given['backup']} is not a name as `debros-host backups` shows it.")


def require_sound(file: Path) -> None:
    """Raise PlanError when a backup on this controller is not what its manifest says; the hosts look closer."""
    manifest = file.with_suffix(".json")
    try:
        wanted = json.loads(manifest.read_text())["sha256"]
        with file.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise PlanError(f"{error.filename}: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise PlanError(f"{manifest} is not the manifest of a backup.") from None
    if found != wanted:
        raise PlanError(f"{file}: its SHA-256 is not that of its manifest: the file was changed or damaged.")


def answer(name: str, status: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what a host said of itself; None for one that cannot be reached or takes no part.

    Raises:
        PlanError: it answers, and cannot restore.
    """
    if not status or status.get("unreachable"):
        return None
    if status.get("rc") != 0:
        said = status.get("stderr") or status.get("msg") or "it does not say why"
        raise PlanError(
            f"{name} cannot restore: {said} (was it set up with this release? run site.yml or upgrade.yml)."
        )
    found: dict[str, Any] = json.loads(status["stdout"])
    return found


def plan(given: dict[str, Any], hosts: dict[str, dict[str, Any] | None], now: dt.datetime) -> dict[str, Any]:
    """Decide what this run is: a new restore or the rest of an old one, and under which id.

    Args:
        given: the task's arguments.
        hosts: what each host said, None for one that is missing.
        now: when a new one begins.

    Raises:
        PlanError: it cannot be.
    """
    missing = [name for name, status in hosts.items() if status is None]
    if missing:
        raise PlanError(
            f"{', '.join(missing)}: not reachable, or left out by --limit, and every host of the cluster must take "
            "part: one that comes back with the old data would put them back. Bring it back, or rebuild it and run "
            "site.yml, or take it out of the inventory."
        )
    alone = [name for name, status in hosts.items() if status and status.get("gateway_only")]
    if given["source"] in alone:
        raise PlanError(f"restore_from: {given['source']} has a gateway alone, and no backups.")
    found = [status for name, status in hosts.items() if status is not None and name not in alone]
    if not any(status["voter"] for status in found):
        raise PlanError("No host votes in the database.")
    begun = [status for status in found if status["unfinished"]]
    undoing = [status for status in begun if status["back_to"]]
    members = [status["member"] for status in found]
    new = f"{now:%Y%m%dT%H%M%SZ}"
    if undoing and not given["rollback"]:
        raise PlanError("A rollback is not finished: finish it first, with -e restore_rollback=true.")
    if not given["rollback"]:
        return {"id": begun[0]["unfinished"] if begun else new, "back_to": "", "members": members}
    if undoing:
        return {"id": undoing[0]["unfinished"], "back_to": undoing[0]["back_to"], "members": members}
    if begun:
        return {"id": new, "back_to": begun[0]["unfinished"], "members": members}
    kept = set.intersection(*(set(status["kept"]) for status in found))
    if not kept:
        raise PlanError("There is nothing to go back to: not every host keeps the data of before the same restore.")
    return {"id": new, "back_to": max(kept), "members": members}
