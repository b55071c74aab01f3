"""A node's configuration as a record, without a file: every key at a value that does nothing special."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from debros.config.durations import Duration
from debros.config.types import (
    DatabaseSection,
    DiscoverySection,
    LoggingSection,
    NodeConfig,
    NodeSection,
    SecuritySection,
)


def node_config(
    directory: Path, *, node: dict[str, Any] | None = None, database: dict[str, Any] | None = None,
    discovery: dict[str, Any] | None = None,
) -> NodeConfig:  # fmt: skip
    """Return the configuration of a node that lives in a directory; single keys may be given."""
    config = NodeConfig(
        node=NodeSection(
            id="n1",
            type="node",
            listen_addresses=["/ip4/127.0.0.1/tcp/4001"],
            data_dir=directory,
            key_file=directory / "identity.key",
            p2p_socket=directory / "p2p.sock",
            max_connections=50,
            solana_wallet="",
        ),
        database=DatabaseSection(
            data_dir=directory / "db",
            replication_factor=3,
            shard_count=16,
            max_database_size=0,
            backup_interval=Duration(0),
            rqlite_port=5001,
            rqlite_raft_port=7001,
            rqlite_join_address="",
            rqlite_bootstrap_expect=0,
            rqlite_binary=None,
            rqlite_raft_listen="",
            rqlite_http_listen="127.0.0.1",
            rqlite_auth_file=None,
            rqlite_join_as="cluster",
            rqlite_credentials_file=None,
            rqlite_tls_cert_file=None,
            rqlite_tls_key_file=None,
            rqlite_tls_ca_file=None,
            rqlite_tls_server_name="debros-raft",
        ),
        discovery=DiscoverySection(
            bootstrap_peers=[],
            discovery_interval=Duration(15),
            bootstrap_port=4001,
            http_adv_address="",
            raft_adv_address="",
            node_namespace="default",
        ),
        security=SecuritySection(enable_tls=False, private_key_file=None, certificate_file=None),
        logging=LoggingSection(level="info", format="console", output_file=None),
    )
    return replace(
        config,
        node=replace(config.node, **(node or {})),
        database=replace(config.database, **(database or {})),
        discovery=replace(config.discovery, **(discovery or {})),
    )
