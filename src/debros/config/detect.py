"""Which kind of configuration a YAML text is, told by its keys."""

from typing import Literal

from debros.config import yamlfile
from debros.config.schema import GATEWAY, NODE

_NODE_KEYS = NODE.fields.keys() - GATEWAY.fields.keys()
_GATEWAY_KEYS = GATEWAY.fields.keys() - NODE.fields.keys()


def detect_kind(text: str) -> Literal["node", "bootstrap", "gateway"] | None:
    """Tell what a file is for.

    Returns:
        The kind; None when the keys do not tell (an empty file, unreadable YAML, or keys that both kinds have).
    """
    value = yamlfile.parse(text, "").value
    node, gateway = len(value.keys() & _NODE_KEYS), len(value.keys() & _GATEWAY_KEYS)
    if node == gateway:
        return None
    if gateway > node:
        return "gateway"
    section = value.get("node")
    return "bootstrap" if isinstance(section, dict) and section.get("type") == "bootstrap" else "node"
