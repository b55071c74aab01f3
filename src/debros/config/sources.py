"""Flag > environment variable > YAML > default: one document out of the four sources, and where each value came from.

Defaults are not in the document; cerberus adds them. The exception are those of NETWORK_DEV_LOCAL, which replace them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from os import PathLike, fspath
from typing import Any

from debros.config.problems import Fault, KeyPath, shown
from debros.config.schema import DEV_LOCAL_ENV, Field, FileSchema
from debros.config.schema.shorthands import FaultError

_BOOLEANS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


class Rank(IntEnum):
    """Sources by strength."""

    DEFAULT = 0
    YAML = 1
    ENVIRONMENT = 2
    FLAG = 3


@dataclass(frozen=True)
class Origin:
    """Where a value came from; ``label`` says it to the operator, for what is not in the file he looks at."""

    rank: Rank
    label: str = ""


@dataclass
class Merged:
    """The document that is left when the strongest source of each key has won."""

    document: dict[str, Any]
    origins: dict[KeyPath, Origin] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def rank(self, path: KeyPath) -> Rank:
        """How strong the source of a value is."""
        return self.origins[path].rank if path in self.origins else Rank.DEFAULT

    def origin(self, path: KeyPath) -> str:
        """The label of what set the value at a path, or the list around it; "" for the file and for defaults."""
        while path:
            if path in self.origins:
                return self.origins[path].label
            path = path[:-1]
        return ""

    def put(self, path: KeyPath, value: Any, origin: Origin) -> None:
        """Set a value, unless the file has something else than a section where it belongs (which is reported)."""
        place: Any = self.document
        for part in path[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                return
        place[path[-1]] = value
        self.origins[path] = origin

    def get(self, path: KeyPath) -> Any:
        """The value at a path; None when no source but the defaults has one."""
        place: Any = self.document
        for part in path:
            if not isinstance(place, dict) or part not in place:
                return None
            place = place[part]
        return place


def merge(
    schema: FileSchema, file: Mapping[str, Any], environ: Mapping[str, str], flags: Mapping[str, object]
) -> Merged:
    """Merge all sources.

    Args:
        schema: the kind of file.
        file: what the YAML file says; a key without a value counts as not given.
        environ: the environment; an empty variable counts as not set.
        flags: values by dotted path, or by the name of a shorthand; None counts as not given.
    """
    merged = Merged(_without_nulls(schema, file))
    for path, _ in schema.leaves():
        if merged.get(path) is not None:
            merged.origins[path] = Origin(Rank.YAML)
    _add_local_defaults(merged, schema, environ)
    for path, leaf in schema.leaves():
        name = leaf["meta"].get("env")
        if name and environ.get(name):
            merged.put(path, typed(leaf, environ[name]), Origin(Rank.ENVIRONMENT, f"environment variable {name}"))
    _add_flags(merged, schema, {name: value for name, value in flags.items() if value is not None})
    _apply_relations(merged)
    _keep_the_strongest(merged, schema.alternatives)
    return merged


def typed(leaf: Field, value: Any) -> Any:
    """Read the text of a variable or flag as the type of its key; what cannot be read stays text, for validation."""
    match leaf["type"]:
        case _ if isinstance(value, PathLike):
            return fspath(value)
        case _ if not isinstance(value, str):
            return list(value) if isinstance(value, tuple) else value
        case "integer" if re.fullmatch(r"\s*[-+]?[0-9]{1,40}\s*", value):
            return int(value)
        case "boolean":
            return _BOOLEANS.get(value.strip().lower(), value)
        case "list":
            return [item.strip() for item in value.split(",") if item.strip()]
    return value


def _add_local_defaults(merged: Merged, schema: FileSchema, environ: Mapping[str, str]) -> None:
    value = environ.get(DEV_LOCAL_ENV, "")
    local = _BOOLEANS.get(value.strip().lower()) if value else False
    if local is None:
        merged.faults.append(Fault((DEV_LOCAL_ENV,), f"invalid value {shown(value)}", "allowed values: 1, 0"))
    if local:
        for path, leaf in schema.leaves():
            if "local" in leaf["meta"] and merged.get(path) is None:
                merged.put(path, leaf["meta"]["local"], Origin(Rank.DEFAULT))


def _add_flags(merged: Merged, schema: FileSchema, flags: Mapping[str, object]) -> None:
    leaves = {".".join(map(str, path)): (path, leaf) for path, leaf in schema.leaves()}
    for name, value in flags.items():
        if name in leaves:
            path, leaf = leaves[name]
            label = f"flag {leaf['meta'].get('flag', name)}"
            merged.put(path, typed(leaf, value), Origin(Rank.FLAG, label))
        elif name not in schema.shorthands:
            merged.faults.append(Fault((name,), "unknown flag", "give a key of the configuration by its dotted path"))
    # Shorthands last: they change what the other sources have said.
    for name, shorthand in schema.shorthands.items():
        if name not in flags:
            continue
        origin = Origin(Rank.FLAG, f"flag {shorthand.flag}")
        current = {path: _value_or_default(merged, schema, path) for path in shorthand.reads}
        try:
            values = shorthand.expand(str(flags[name]), current)
        except FaultError as error:
            merged.faults.append(error.fault)
            merged.origins[error.fault.path] = origin
        else:
            for path, value in values.items():
                merged.put(path, value, origin)


def _apply_relations(merged: Merged) -> None:
    """Two keys whose weaker source must give way to the stronger source of the other."""
    data, database = ("node", "data_dir"), ("database", "data_dir")
    if merged.rank(data) is Rank.FLAG and merged.get(database) is None:
        # Who starts a node with --data expects all of its data there, not another node's database in ./data/db.
        merged.put(database, f"{merged.get(data)}/db", merged.origins[data])
    if merged.rank(("rqlite_dsn",)) > merged.rank(("rqlite_nodes",)):
        merged.document.pop("rqlite_nodes", None)


def _keep_the_strongest(merged: Merged, alternatives: tuple[KeyPath, ...]) -> None:
    """Of keys that say one thing in several ways, forget what weaker sources said."""
    given = [path for path in alternatives if merged.get(path)]  # false and "" say nothing
    strongest = max(map(merged.rank, given), default=Rank.DEFAULT)
    for path in given:
        if merged.rank(path) < strongest:
            del merged.document[str(path[0])], merged.origins[path]


def _value_or_default(merged: Merged, schema: FileSchema, path: KeyPath) -> Any:
    value = merged.get(path)
    return value if value is not None else dict(schema.leaves())[path]["default"]


def _without_nulls(schema: FileSchema, file: Mapping[str, Any]) -> dict[str, Any]:
    sections = {name for name, leaf in schema.fields.items() if leaf["type"] == "dict"}
    document: dict[str, Any] = {}
    for name, value in file.items():
        if name in sections and isinstance(value, dict):
            document[name] = {key: inner for key, inner in value.items() if inner is not None}
        elif value is not None or name not in schema.fields:
            document[name] = value
    return document
