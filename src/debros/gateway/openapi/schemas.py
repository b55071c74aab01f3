"""JSON Schemas of the types that routes take and give."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

REFERENCE = "#/components/schemas/{name}"
# How dataclasses describe themselves when they have no docstring.
_SIGNATURE = re.compile(r"\w+\(.*\)", re.DOTALL)


class Schemas:
    """The schemas of a document.

    Args:
        types: Every type that will be asked for: msgspec structs, dataclasses and TypedDicts.
    """

    def __init__(self, types: Iterable[Any]) -> None:
        self._types = list(dict.fromkeys(types))
        self._found, components = msgspec.json.schema_components(self._types, ref_template=REFERENCE)
        self.components = {name: typed(_tidy(components[name])) for name in sorted(components)}

    def of(self, wanted: Any) -> dict[str, Any]:
        """Return the schema of a type: mostly a reference to one of the components."""
        return dict(self._found[self._types.index(wanted)])


def typed(schema: Any) -> Any:
    """Return a schema, or a part of one, where fixed texts say that they are texts.

    msgspec leaves that out. It follows from the values, but some generators of clients look at `type` alone.
    """
    if isinstance(schema, list):
        return [typed(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    found: dict[str, Any] = {}
    for name, part in schema.items():
        values = part if name == "enum" else [part] if name == "const" else None
        if isinstance(values, list) and all(isinstance(value, str) for value in values):
            found["type"] = "string"
        found[name] = typed(part)
    return found


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema as readers of the document need it: its class's first sentence, and no title twice."""
    tidied = {name: value for name, value in schema.items() if name not in {"title", "description"}}
    about = " ".join(str(schema.get("description", "")).partition("\n\n")[0].split())
    return tidied if not about or _SIGNATURE.fullmatch(about) else {"description": about, **tidied}
