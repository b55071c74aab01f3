"""Configuration of node, gateway and client: load, validate, write. Light to import: no network, no crypto library."""

from debros.config.detect import detect_kind
from debros.config.dump import dump
from debros.config.load import Report, load_client, load_gateway, load_node, validate_file, validate_text
from debros.config.notices import notices
from debros.config.peers import bootstrap_multiaddrs
from debros.config.problems import ConfigError, Problem
from debros.config.sample import sample
from debros.config.secretfiles import rqlite_credentials, static_api_keys
from debros.config.types import (
    ADMIN,
    ApiKey,
    AuthSection,
    ClientConfig,
    Config,
    DatabaseSection,
    DiscoverySection,
    Duration,
    GatewayConfig,
    GatewayPubSubSection,
    LimitsSection,
    LoggingSection,
    NodeConfig,
    NodeSection,
    SecuritySection,
)

__all__ = [
    "ADMIN",
    "ApiKey",
    "AuthSection",
    "ClientConfig",
    "Config",
    "ConfigError",
    "DatabaseSection",
    "DiscoverySection",
    "Duration",
    "GatewayConfig",
    "GatewayPubSubSection",
    "LimitsSection",
    "LoggingSection",
    "NodeConfig",
    "NodeSection",
    "Problem",
    "Report",
    "SecuritySection",
    "bootstrap_multiaddrs",
    "detect_kind",
    "dump",
    "load_client",
    "load_gateway",
    "load_node",
    "notices",
    "rqlite_credentials",
    "sample",
    "static_api_keys",
    "validate_file",
    "validate_text",
]
