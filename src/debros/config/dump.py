"""A configuration as YAML that loads back to an equal one."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import yaml

from debros.config.durations import Duration
from debros.config.paths import written
from debros.config.types import ApiKey, Config, GatewayConfig

MASK = "********"


def dump(config: Config, *, mask: bool = False) -> str:
    """Write every key of a configuration.

    Args:
        config: what to write.
        mask: replace API keys and the passwords in URLs, for showing it to people; it does not load back then.
    """
    plain = _plain(config)
    if mask and isinstance(config, GatewayConfig):
        plain["api_keys"] = [f"{MASK}:{key.namespace} {key.scope}".rstrip() for key in config.api_keys]
        plain["rqlite_dsn"] = _masked(config.rqlite_dsn)
        plain["rqlite_nodes"] = [_masked(url) for url in config.rqlite_nodes]
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=4096)


def _masked(url: str) -> str:
    scheme, _, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}:{MASK}@{host}" if at else url


def _plain(value: Any) -> Any:
    if isinstance(value, ApiKey):
        return {"key": value.key, "namespace": value.namespace} | ({"scope": value.scope} if value.scope else {})
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, Path):
        return written(value)
    return "" if value is None else value
