"""What the roles' argument_specs say about variables: which there are, and whether values fit. For the controller."""

from __future__ import annotations

import difflib
import fnmatch
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

if TYPE_CHECKING:
    from pathlib import Path

Spec = dict[str, dict[str, Any]]
# How much alike (difflib's ratio) two names are of which one is taken for a slip of the other.
_NEAR = 0.92


@cache
def specs(roles: Path) -> dict[str, Spec]:
    """Return every role's variables, of all its entry points together; nothing but the main one's is required."""
    found: dict[str, Spec] = {}
    for path in sorted(roles.glob("*/meta/argument_specs.yml")):
        points = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        found[path.parts[-3]] = {
            name: {**option, "required": option.get("required", False) and entry == "main"}
            for entry, point in points.items()
            for name, option in (point.get("options") or {}).items()
        }
    return found


@cache
def own(roles: Path) -> frozenset[str]:
    """Return the variables that roles set for each other (vars/main.yml), which nobody else is to set."""
    return frozenset(
        name
        for path in roles.glob("*/vars/main.yml")
        for name in yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    )


def unknown(names: list[str], roles: dict[str, Spec], foreign: list[str]) -> dict[str, str]:
    """Return the variables that begin like a role's, or are a slip away from one, but are none.

    Each comes with the nearest known name, "" when none is near.

    Args:
        names: The host's variables.
        roles: What `specs` returned.
        foreign: Patterns of variables that belong to somebody else.
    """
    known = [name for spec in roles.values() for name in spec]
    prefixes = tuple(f"{role}_" for role in roles)
    strange = [
        name
        for name in sorted(names)
        if name not in known
        and (name.startswith(prefixes) or _slips(name, known))
        and not any(fnmatch.fnmatchcase(name, pattern) for pattern in foreign)
    ]
    return {name: next(iter(difflib.get_close_matches(name, known, n=1)), "") for name in strange}


def _slips(name: str, known: list[str]) -> bool:
    """Tell whether a name is that of a role's variable but for a letter or two (gatway_public)."""
    if name.startswith(("_", "ansible_")):  # those of the roles and playbooks themselves, and of Ansible
        return False
    return bool(difflib.get_close_matches(name, known, n=1, cutoff=_NEAR))


def misfits(roles: dict[str, Spec], values: dict[str, Any]) -> list[str]:
    """Return what is wrong with the values of known variables, one sentence each.

    Args:
        roles: What `specs` returned.
        values: Name → templated value, of the variables that are set.
    """
    found = []
    for role, spec in roles.items():
        for name, option in spec.items():
            if name not in values and not option.get("required"):
                continue
            given = {name: values[name]} if name in values else {}
            result = ArgumentSpecValidator({name: _parameters(option)}).validate(given)
            found += [f"{name} (role {role}): {message}" for message in result.error_messages]
    return found


def _parameters(option: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a spec's option that the validator knows."""
    words = ("type", "required", "choices", "elements")
    kept = {word: option[word] for word in words if word in option}
    if "options" in option:
        kept["options"] = {name: _parameters(inner) for name, inner in option["options"].items()}
    return kept
