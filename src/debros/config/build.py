"""From a valid document to the frozen record."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from os import PathLike
from pathlib import Path
from typing import Any, get_type_hints

from debros.config import addresses, checks, workers
from debros.config.crossrules import P2P_SOCKET
from debros.config.durations import Duration
from debros.config.paths import expand
from debros.config.schema import Field, FileSchema
from debros.config.types import ApiKey, Config, GatewayConfig, NodeConfig

_KEY_FILE = "identity.key"


def build(schema: FileSchema, document: Mapping[str, Any], environ: Mapping[str, str]) -> Config:
    """Make the record.

    Args:
        schema: the kind of file.
        document: valid, with all defaults.
        environ: what paths expand with.
    """
    values = _values(schema.fields, document, environ)
    if schema.config is NodeConfig:
        node = values["node"]
        node["key_file"] = node["key_file"] or node["data_dir"] / _KEY_FILE
        node["p2p_socket"] = node["p2p_socket"] or node["data_dir"] / P2P_SOCKET
        database = values["database"]
        database["rqlite_join_address"] = ",".join(addresses.split_list(database["rqlite_join_address"]))
    elif schema.config is GatewayConfig:
        values["rqlite_dsn"] = addresses.parse_rqlite_url(values["rqlite_dsn"])
        values["rqlite_nodes"] = [addresses.parse_rqlite_url(url) for url in values["rqlite_nodes"]]
        values["rqlite_nodes"] = values["rqlite_nodes"] or [values["rqlite_dsn"]]
    record: Config = _record(schema.config, values)
    return record


def _values(schema: Mapping[str, Field], document: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: _values(field["schema"], document[name], environ)
        if field["type"] == "dict"
        else _value(field, document[name], environ)
        for name, field in schema.items()
    }


def _value(field: Field, raw: Any, environ: Mapping[str, str]) -> Any:
    match field["type"]:
        case "path":
            return _path(raw, environ)
        case "duration":
            return Duration.parse(raw)
        case "workers":
            return workers.parse(raw)
        case "list" if field["schema"]["type"] == "api_key":
            return [ApiKey(*checks.split_api_key(item)) for item in raw]
        case "list":
            return list(raw)
    return raw


def _path(raw: str | PathLike[str], environ: Mapping[str, str]) -> Path | None:
    return expand(raw, environ) if raw else None


def _record(type_: type, values: Mapping[str, Any]) -> Any:
    """A section's mapping becomes a record of the type that the field around it names."""
    hints = get_type_hints(type_)
    return type_(
        **{
            field.name: _record(hints[field.name], values[field.name])
            if is_dataclass(hints[field.name])
            else values[field.name]
            for field in fields(type_)
        }
    )
