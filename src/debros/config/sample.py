"""A commented configuration file, written from the schema."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from debros.config.schema import Field, FileSchema, for_kind
from debros.config.words import default_words, rule_words

_WIDTH = 100
_TITLES = {
    "node": "Configuration of a DeBros node that joins a cluster.",
    "bootstrap": "Configuration of the DeBros node that starts a cluster.",
    "gateway": "Configuration of a DeBros gateway.",
    "client": "Configuration of network-cli.",
}
_INTRODUCTION = (
    "A flag wins over an environment variable, that over this file, and this file over the default. "
    "Durations are written 15s, 24h or 1h30m. Check changes with: network-cli config validate"
)

# What `config init` calls the values, and the keys they set; {} is replaced by the value.
_NODE_OPTIONS = {
    "id": ("node.id", None),
    "listen_port": ("node.listen_addresses", ["/ip4/0.0.0.0/tcp/{}"]),
    "rqlite_http_port": ("database.rqlite_port", None),
    "rqlite_raft_port": ("database.rqlite_raft_port", None),
    "join": ("database.rqlite_join_address", None),
    "bootstrap_peers": ("discovery.bootstrap_peers", None),
}
_GATEWAY_OPTIONS = {
    "listen_port": ("listen_addr", ":{}"),
    "rqlite_http_port": ("rqlite_dsn", "http://localhost:{}"),
    "bootstrap_peers": ("bootstrap_peers", None),
}
_OPTIONS: dict[str, Mapping[str, tuple[str, Any]]] = {
    "node": _NODE_OPTIONS,
    "gateway": _GATEWAY_OPTIONS,
    "client": {},
}


def sample(kind: str, overrides: Mapping[str, Any] | None = None) -> str:
    """Write a complete file with the help text of every key.

    Args:
        kind: node, bootstrap, gateway or client.
        overrides: values other than the defaults, by dotted key or by the names that `config init` uses (``id``,
            ``listen_port``, ``rqlite_http_port``, ``rqlite_raft_port``, ``join``, ``bootstrap_peers``). None means
            not given. Nothing is checked here: load the text to know that it is valid.

    Returns:
        YAML text.

    Raises:
        ValueError: there is no such kind, or an override does not apply to it.
    """
    schema = for_kind(kind)
    values = _resolve(schema, kind, overrides or {})
    lines = [*_comment(_TITLES[kind], ""), *_comment(_INTRODUCTION, ""), "---"]
    for name, field in schema.fields.items():
        lines.append("")
        if field["type"] == "dict":
            lines += _comment(field["meta"]["help"], "")
            lines.append(f"{name}:")
            for key, inner in field["schema"].items():
                lines += _entry(key, inner, values.get(f"{name}.{key}", inner["default"]), "  ")
        else:
            lines += _entry(name, field, values.get(name, field["default"]), "")
    return "\n".join(lines) + "\n"


def _resolve(schema: FileSchema, kind: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    known = {".".join(map(str, path)) for path, _ in schema.leaves()}
    options = _OPTIONS[schema.kind]
    values: dict[str, Any] = {"node.type": "bootstrap"} if kind == "bootstrap" else {}
    for name, value in overrides.items():
        if value is None:
            continue
        key, form = options.get(name, (name, None))
        if key not in known:
            raise ValueError(f"{name} does not apply to a configuration of kind {kind}")
        values[key] = _fill(form, value)
    return values


def _fill(form: Any, value: Any) -> Any:
    if isinstance(form, list):
        return [item.format(value) for item in form]
    return form.format(value) if form else value


def _entry(key: str, field: Field, value: Any, indent: str) -> Iterator[str]:
    yield from _comment(field["meta"]["help"], indent)
    facts = [f"rule: {rule_words(field)}"] if rule_words(field) else []
    if value != field["default"]:
        facts.append(f"default: {default_words(field)}")
    facts += [f"{what}: {field['meta'][what]}" for what in ("env", "flag") if what in field["meta"]]
    if facts:
        yield from _comment(f"({'; '.join(facts)})".replace("`", ""), indent)
    if isinstance(value, list | tuple) and value:
        yield f"{indent}{key}:"
        yield from (f"{indent}  - {_scalar(item)}" for item in value)
    else:
        yield f"{indent}{key}: {_scalar(value, field)}"


def _scalar(value: Any, field: Field | None = None) -> str:
    if field and field["type"] == "duration":
        return str(value)
    if isinstance(value, list | tuple):
        return "[]"
    # A JSON scalar or mapping of scalars is also one of YAML.
    return json.dumps(value, ensure_ascii=False, default=str)


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text.replace("`", ""),
        _WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}# ",
        break_long_words=False,
        break_on_hyphens=False,
    )
