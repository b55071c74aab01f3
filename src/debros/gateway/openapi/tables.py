"""JSON Schemas in words, as HTML."""

from collections.abc import Iterator
from html import escape
from typing import Any


def type_of(schema: dict[str, Any]) -> str:
    """Return what a value is, with links to the schemas it names."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}"><code>{name}</code></a>'
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(type_of(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_of(schema['additionalProperties'])}"
    named = escape(str(schema.get("type", "anything")))
    return f"{named}, base64" if schema.get("contentEncoding") == "base64" else named


def members(schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Return the members of an object: name, type, and whether they are always there."""
    required = set(schema.get("required", ()))
    for name, of in schema.get("properties", {}).items():
        default = "" if of.get("default") is None else f"default <code>{escape(str(of['default']))}</code>"
        yield name, type_of(of), "always" if name in required else default
