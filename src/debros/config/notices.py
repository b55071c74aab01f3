"""What an operator should know about a configuration that is nevertheless valid."""

import stat
from pathlib import Path

from debros.config import yamlfile
from debros.config.problems import printable
from debros.config.types import ClientConfig, Config, GatewayConfig
from debros.config.unread import unread

_OTHERS = stat.S_IRGRP | stat.S_IROTH


def notices(config: Config, path: Path | None = None) -> list[str]:
    """List what is worth a warning.

    Args:
        config: a valid configuration.
        path: the file it came from, if any.

    Returns:
        One sentence each, without secrets.
    """
    if isinstance(config, ClientConfig):
        return []
    found = list(unread(config))
    if isinstance(config, GatewayConfig) and not config.require_auth:
        found.append("require_auth is false: every caller is let in without a credential")
    if isinstance(config, GatewayConfig) and config.api_keys and path and _exposed(path) and _holds_keys(path):
        found.append(_exposure(path, "API keys"))
    key = config.security.private_key_file
    if config.security.enable_tls and key and _exposed(key):
        found.append(_exposure(key, "the private key"))
    return found


def _exposed(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except OSError:
        return False


def _holds_keys(path: Path) -> bool:
    text, problem = yamlfile.read(path)
    return problem is None and bool(yamlfile.parse(text, str(path)).value.get("api_keys"))


def _exposure(path: Path, what: str) -> str:
    name = printable(path)
    return f"{name} holds {what} and can be read by others; run: chmod 600 {name}"
