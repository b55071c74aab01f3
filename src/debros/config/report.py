"""From faults to what the operator reads: secrets cut off, sources and lines named, in the order of the schema."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from debros.config.problems import Fault, KeyPath, Problem, dotted, printable
from debros.config.schema import FileSchema
from debros.config.sources import Merged

_LAST = 10_000


def problems(
    schema: FileSchema, merged: Merged, lines: Mapping[KeyPath, int], faults: Iterable[Fault]
) -> list[Problem]:
    """Turn faults into problems, one for each place: what follows from an earlier fault of the same value is dropped.

    Args:
        schema: the kind of file.
        merged: the document, which knows where values came from.
        lines: the line of each key in the YAML file.
        faults: what is wrong, causes before consequences.
    """
    kept: dict[KeyPath, Fault] = {}
    for fault in (_without_secrets(schema, fault) for fault in faults):
        if not any(fault.path[: len(path)] == path and path != () for path in kept):
            kept[fault.path] = fault
    ordered = sorted(kept.values(), key=lambda fault: _position(schema, fault.path))
    return [_problem(schema, merged, lines, fault) for fault in ordered]


def _problem(schema: FileSchema, merged: Merged, lines: Mapping[KeyPath, int], fault: Fault) -> Problem:
    source = merged.origin(fault.path)
    line = fault.line if fault.line is not None else lines.get(fault.path)
    message, hint = fault.message, fault.hint
    if message == "unknown key":
        message, hint = f"unknown key (line {line})", _closest(schema, fault.path)
    if source:
        hint = f"{hint} ({source})" if hint else f"set by {source}"
        line = None
    return Problem(dotted(fault.path), message, hint, line)


def _without_secrets(schema: FileSchema, fault: Fault) -> Fault:
    """Cut a path that would show a piece of a secret used as a key, and a hint that would show the secret."""
    leaf = schema.fields.get(str(fault.path[0]))
    if leaf is None or not leaf["meta"].get("secret"):
        return fault
    keys = [part for part in fault.path[1:2] if isinstance(part, int)]
    return replace(fault, path=(fault.path[0], *keys), hint="" if fault.quotes else fault.hint)


def _position(schema: FileSchema, path: KeyPath) -> tuple[int, int, int]:
    section, key, item = (*path, "", "")[:3]
    inner = schema.fields.get(str(section), {}).get("schema", {})
    if isinstance(key, int):
        return _index(schema.fields, section), key, 0
    return _index(schema.fields, section), _index(inner, key), item if isinstance(item, int) else 0


def _index(keys: Iterable[str], key: object) -> int:
    return next((index for index, known in enumerate(keys) if known == key), _LAST)


def _closest(schema: FileSchema, path: KeyPath) -> str:
    siblings = list(schema.fields if len(path) == 1 else schema.fields[str(path[0])]["schema"])
    wrong = str(path[-1])
    near = difflib.get_close_matches(wrong.lower(), siblings, 1)
    if near:
        return f"did you mean {near[0]}?"
    everywhere = {str(leaf[-1]): dotted(leaf) for leaf, _ in schema.leaves()}
    elsewhere = difflib.get_close_matches(wrong.lower(), everywhere, 1, 0.8)
    if elsewhere:
        return f"did you mean {everywhere[elsewhere[0]]}?"
    return f"the closest known key is {printable(difflib.get_close_matches(wrong.lower(), siblings, 1, 0.0)[0])}"
