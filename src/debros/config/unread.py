"""Keys that are checked and kept although the program whose file they stand in does not act on them.

Only a value other than the default is worth a word: who changed it expects something to happen.
"""

from collections.abc import Iterator
from typing import Any, Final

from debros.config.durations import Duration
from debros.config.problems import KeyPath
from debros.config.schema import GATEWAY, NODE, Field, FileSchema
from debros.config.types import GatewayConfig, NodeConfig

NODE_UNREAD: Final[dict[KeyPath, str]] = {
    ("node", "solana_wallet"): "has no effect yet: the address is kept, and nothing pays rewards",
    ("database", "shard_count"): "has no effect: rqlite replicates the whole database and does not shard",
    ("database", "max_database_size"): (
        "has no effect in this file: gateways hold the limit; set limits.max_database_size in gateway.yaml"
    ),
    ("database", "backup_interval"): (
        "makes no backups by itself: debros-host backup reads it, which the installer's debros-backup.timer runs"
    ),
    ("discovery", "node_namespace"): "has no effect yet: node identifiers carry no namespace",
    ("security", "enable_tls"): (
        "has no effect on a node: libp2p encrypts with Noise, and rqlite with database.rqlite_tls_cert_file"
    ),
}
# The gateway acts on every key of its file.
GATEWAY_UNREAD: Final[dict[KeyPath, str]] = {}


def unread(config: NodeConfig | GatewayConfig) -> Iterator[str]:
    """Say which keys have another value than their default, to no effect."""
    schema, sentences = (NODE, NODE_UNREAD) if isinstance(config, NodeConfig) else (GATEWAY, GATEWAY_UNREAD)
    for path, field in _leaves(schema, sentences):
        if _value(config, path) != _default(field):
            yield f"{'.'.join(map(str, path))} {sentences[path]}"


def _leaves(schema: FileSchema, of: dict[KeyPath, str]) -> Iterator[tuple[KeyPath, Field]]:
    return ((path, field) for path, field in schema.leaves() if path in of)


def _value(config: Any, path: KeyPath) -> Any:
    for name in path:
        config = getattr(config, str(name))
    return config


def _default(field: Field) -> Any:
    return Duration.parse(field["default"]) if field["type"] == "duration" else field["default"]
