"""The configuration as the programs see it: frozen records whose attribute names are the YAML keys."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from debros.config.durations import Duration

__all__ = [
    "ADMIN",
    "ApiKey",
    "AuthSection",
    "ClientConfig",
    "Config",
    "DatabaseSection",
    "DiscoverySection",
    "Duration",
    "GatewayConfig",
    "GatewayPubSubSection",
    "LimitsSection",
    "LoggingSection",
    "NodeConfig",
    "NodeSection",
    "RatesSection",
    "SecuritySection",
    "WritesSection",
]


# The scope of an operator's API key, the only scope there is.
ADMIN: Final = "admin"


@dataclass(frozen=True)
class NodeSection:
    """Who the node is and where it listens."""

    id: str
    type: str
    listen_addresses: list[str]
    data_dir: Path
    key_file: Path
    p2p_socket: Path
    max_connections: int
    solana_wallet: str


@dataclass(frozen=True)
class DatabaseSection:
    """The rqlite process beside the node."""

    data_dir: Path
    replication_factor: int
    shard_count: int
    max_database_size: int
    backup_interval: Duration
    rqlite_port: int
    rqlite_raft_port: int
    rqlite_join_address: str
    rqlite_bootstrap_expect: int
    rqlite_binary: Path | None
    rqlite_raft_listen: str
    rqlite_http_listen: str
    rqlite_auth_file: Path | None
    rqlite_join_as: str
    rqlite_credentials_file: Path | None
    rqlite_tls_cert_file: Path | None
    rqlite_tls_key_file: Path | None
    rqlite_tls_ca_file: Path | None
    rqlite_tls_server_name: str


@dataclass(frozen=True)
class DiscoverySection:
    """How the node finds others and how others reach it."""

    bootstrap_peers: list[str]
    discovery_interval: Duration
    bootstrap_port: int
    http_adv_address: str
    raft_adv_address: str
    node_namespace: str


@dataclass(frozen=True)
class SecuritySection:
    """TLS on externally exposed services."""

    enable_tls: bool
    private_key_file: Path | None
    certificate_file: Path | None


@dataclass(frozen=True)
class LoggingSection:
    """What is logged, how, and where to."""

    level: str
    format: str
    output_file: Path | None


@dataclass(frozen=True)
class NodeConfig:
    """node.yaml or bootstrap.yaml, merged and valid."""

    node: NodeSection
    database: DatabaseSection
    discovery: DiscoverySection
    security: SecuritySection
    logging: LoggingSection


@dataclass(frozen=True)
class ApiKey:
    """A static key, the namespace it opens, and its scope: "admin" or "". The key stays out of every repr."""

    key: str = field(repr=False)
    namespace: str
    scope: str = ""


@dataclass(frozen=True)
class LimitsSection:
    """Bounds on what one caller may send or ask for; sizes are bytes."""

    max_body_bytes: int
    max_value_bytes: int
    max_message_bytes: int
    max_rows: int
    max_response_bytes: int
    max_sql_bytes: int
    max_statements: int
    max_tables: int
    max_database_size: int
    max_idempotency_keys: int
    max_idempotency_bytes: int
    max_key_bytes: int
    max_topic_bytes: int
    max_member_bytes: int
    read_timeout: Duration
    write_timeout: Duration
    header_timeout: Duration
    idle_timeout: Duration
    max_connections: int
    max_sockets: int
    max_topics: int
    drain_delay: Duration
    drain_timeout: Duration


@dataclass(frozen=True)
class GatewayPubSubSection:
    """WebSocket behaviour."""

    ws_envelope: str
    ws_queue: int
    ping_interval: Duration
    topic_linger: Duration
    relay_timeout: Duration


@dataclass(frozen=True)
class AuthSection:
    """How wallets sign in, and how long what they get is good."""

    access_token_lifetime: Duration
    refresh_token_lifetime: Duration
    nonce_lifetime: Duration
    clock_skew: Duration
    allow_bare_nonce: bool
    domains: list[str]
    reserved_namespaces: list[str]
    server_key_file: Path | None
    signing_key_lifetime: Duration
    audit_retention: Duration


@dataclass(frozen=True)
class RatesSection:
    """How often one caller may ask."""

    requests_per_second: int
    requests_burst: int
    sign_in_per_second: int
    sign_in_burst: int
    failures_per_second: int
    failures_burst: int


@dataclass(frozen=True)
class WritesSection:
    """How single writes go to the database together; `namespace_share` is percent."""

    group_commit: bool
    batch: int
    batch_bytes: int
    waiting: int
    waiting_bytes: int
    namespace_share: int


@dataclass(frozen=True)
class GatewayConfig:
    """gateway.yaml, merged and valid. URLs of rqlite may hold a password, so they stay out of the repr."""

    listen_addr: str
    metrics_addr: str
    workers: int
    client_namespace: str
    bootstrap_peers: list[str]
    rqlite_dsn: str = field(repr=False)
    rqlite_nodes: list[str] = field(repr=False)
    rqlite_credentials_file: Path | None
    require_auth: bool
    api_keys: list[ApiKey]
    api_keys_file: Path | None
    p2p_socket: Path
    data_dir: Path
    cors_origins: list[str]
    trusted_proxies: list[str]
    limits: LimitsSection
    rates: RatesSection
    writes: WritesSection
    pubsub: GatewayPubSubSection
    auth: AuthSection
    security: SecuritySection
    logging: LoggingSection


@dataclass(frozen=True)
class ClientConfig:
    """client.yaml, merged and valid; "" and None stand for what is not said."""

    gateway: str
    bootstrap: str
    production: bool
    api_key_file: Path | None
    credentials_file: Path | None
    key_file: Path | None
    namespace: str
    format: str
    timeout: Duration
    no_input: bool
    quiet: bool
    verbose: bool


# Every kind of file as its record.
Config = NodeConfig | GatewayConfig | ClientConfig
