"""Which kind of configuration a YAML text is, told by its keys."""

from typing import Literal

from debros.config import yamlfile
from debros.config.schema import CLIENT, GATEWAY, NODE, FileSchema

_SCHEMAS = (NODE, GATEWAY, CLIENT)


def detect_kind(text: str) -> Literal["node", "bootstrap", "gateway", "client"] | None:
    """Tell what a file is for.

    Returns:
        The kind; None when the keys do not tell (an empty file, unreadable YAML, or keys that several kinds have).
    """
    value = yamlfile.parse(text, "").value
    counts = {schema.kind: len(value.keys() & _own(schema)) for schema in _SCHEMAS}
    kind, most = max(counts.items(), key=lambda item: item[1])
    if list(counts.values()).count(most) > 1:
        return None
    section = value.get("node")
    bootstrap = kind == "node" and isinstance(section, dict) and section.get("type") == "bootstrap"
    return "bootstrap" if bootstrap else kind


def _own(schema: FileSchema) -> set[str]:
    """The keys that no other kind of file has."""
    return schema.fields.keys() - {name for other in _SCHEMAS if other is not schema for name in other.fields}
