"""Single mistakes in a valid configuration, and the whole line that each of them gives."""

from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from testkit.configs import COUNTS, LIFETIMES, RATES, TIMEOUTS

PEER = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWGJfVKeNgdJAa1HTWcHGaRxsJ5qEj3YGUxnfyK5tFJwLz"
UNSET = "$DEBROS_TEST_UNSET/x"


class Mistake(NamedTuple):
    """One wrong value.

    Attributes:
        kind: node, gateway or client.
        key: where it is put, by its dotted path; a section may be replaced whole.
        value: the wrong value, or what makes it from the document.
        text: message and hint of the one problem, or what makes them from the document.
        path: where the problem is, when that is not the key.
    """

    kind: str
    key: str
    value: Any
    text: str | Callable[[Any], str]
    path: str

    @property
    def leaf(self) -> str:
        """The key that has the problem, without the place in a list."""
        return self.path.partition("[")[0]


def _node(key, value, text, path=None):
    return Mistake("node", key, value, text, path or key)


def _gateway(key, value, text, path=None):
    return Mistake("gateway", key, value, text, path or key)


def _is_bootstrap(document):
    return document["node"]["type"] == "bootstrap"


def _wrong_join(document):
    document["database"].pop("rqlite_bootstrap_expect", None)  # beside an empty list it would be a second mistake
    return "h:1" if _is_bootstrap(document) else ""


def _line_of(document, key):
    """The line of a key in the text that `yaml.safe_dump` makes of the document."""
    lines = yaml.safe_dump(document).splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(f"{key}:"))


def _client(key, value, text, path=None):
    return Mistake("client", key, value, text, path or key)


NOT_A_DURATION = "expected a number with a unit, like 15s, 24h or 1h30m"
NOT_A_NAMESPACE = 'invalid namespace "No"; a to z, 0 to 9, _ and -, at most 63, starting with a letter or digit'
NOT_A_PEER = "invalid multiaddr; expected /ip{4,6}/.../tcp/<port>/p2p/<peerID>"
NOT_A_PORT = "invalid TCP port 99999; port must be between 1 and 65535"
NOT_POSITIVE = "must be > 0; got 0"
NOT_SET = "invalid path; environment variable DEBROS_TEST_UNSET is not set"
NOT_THERE = "cannot read /nowhere: No such file or directory; check the path, its owner and mode"
NO_DIRECTORY = "/dev/null is not a directory; give the path of a directory"
TOO_LONG = "path too long for a Unix socket (108 bytes); at most 107 bytes"

NODE_MISTAKES = [
    _node(
        "node.id",
        "a b",
        'invalid node id "a b"; letters, digits and . _ : -, at most 128, starting with a letter or digit',
    ),
    _node("node.type", "X", 'must be one of [bootstrap node]; got "X"'),
    _node("node.listen_addresses", [], "must not be empty; give at least one"),
    _node("node.listen_addresses", ["/ip4/0.0.0.0/tcp/99999"], NOT_A_PORT, "node.listen_addresses[0]"),
    _node(
        "node.listen_addresses",
        ["/ip4/0.0.0.0/udp/1"],
        "invalid multiaddr; expected /ip{4,6}/<address>/tcp/<port>",
        "node.listen_addresses[0]",
    ),
    _node(
        "node.listen_addresses",
        ["/ip6/::/tcp/1", "/ip6/0::0/tcp/1"],
        "duplicate listen address",
        "node.listen_addresses[1]",
    ),
    _node("node.data_dir", "/dev/null/x", f"cannot create /dev/null/x: {NO_DIRECTORY}"),
    _node("node.key_file", UNSET, NOT_SET),
    _node("node.p2p_socket", "s" * 108, TOO_LONG),
    _node("node.max_connections", 0, NOT_POSITIVE),
    _node("node.max_connections", "many", 'expected integer; got "many"'),
    _node("node.solana_wallet", "0", 'invalid Solana address "0"; expected base58'),
    _node(
        "node.unknown",
        1,
        lambda document: f"unknown key (line {_line_of(document, 'unknown')}); the closest known key is solana_wallet",
    ),
    _node("database.data_dir", "/dev/null", NO_DIRECTORY),
    _node("database.replication_factor", 0, "must be >= 1; got 0"),
    _node("database.shard_count", -1, "must be >= 1; got -1"),
    _node("database.max_database_size", -1, "must be >= 0; got -1"),
    _node("database.backup_interval", "1d", f'invalid duration "1d"; {NOT_A_DURATION}'),
    _node("database.rqlite_port", 0, "must be between 1 and 65535; got 0"),
    _node("database.rqlite_raft_port", 65536, "must be between 1 and 65535; got 65536"),
    _node(
        "database.rqlite_raft_port",
        lambda document: document["database"]["rqlite_port"],
        lambda document: f"must differ from database.rqlite_port ({document['database']['rqlite_port']})",
    ),
    _node("database.rqlite_join_address", "nowhere", "invalid format; expected host:port"),
    _node(
        "database.rqlite_join_address",
        _wrong_join,
        lambda document: (
            "must be empty for bootstrap type" if _is_bootstrap(document) else "required for node type (non-bootstrap)"
        ),
    ),
    _node("database.rqlite_bootstrap_expect", -1, "must be >= 0; got -1"),
    _node("database.rqlite_binary", "a\0b", "invalid path; a path cannot hold a NUL byte"),
    _node("database.rqlite_raft_listen", "h", "invalid format; expected host:port"),
    _node("database.rqlite_http_listen", "192.0.2.1", 'must be one of [127.0.0.1 0.0.0.0 ::]; got "192.0.2.1"'),
    _node("database.rqlite_auth_file", "/nowhere", NOT_THERE),
    _node("database.rqlite_join_as", "a:b", 'invalid user name "a:b"; printable characters without blanks and colons'),
    _node("database.rqlite_credentials_file", "/", "cannot read /: Is a directory; check the path, its owner and mode"),
    *(_node(f"database.rqlite_tls_{name}_file", "/nowhere", NOT_THERE) for name in ("cert", "key", "ca")),
    _node("database.rqlite_tls_server_name", "a b", 'invalid DNS name "a b"; expected a name such as raft.example'),
    _node("discovery.bootstrap_peers", ["/x"], NOT_A_PEER, "discovery.bootstrap_peers[0]"),
    _node(
        "discovery.bootstrap_peers",
        [PEER.partition("/p2p")[0]],
        "missing /p2p/<peerID> component",
        "discovery.bootstrap_peers[0]",
    ),
    _node("discovery.bootstrap_peers", ["a", PEER, PEER], "duplicate bootstrap peer", "discovery.bootstrap_peers[2]"),
    _node("discovery.discovery_interval", "0s", "must be > 0; got 0s"),
    _node("discovery.bootstrap_port", 65536, "must be between 1 and 65535; got 65536"),
    _node("discovery.http_adv_address", "a:b", "invalid format; expected host or host:port"),
    _node("discovery.raft_adv_address", "h:99999", NOT_A_PORT),
    _node("discovery.node_namespace", "No", NOT_A_NAMESPACE),
]

GATEWAY_MISTAKES = [
    _gateway("listen_addr", "6001", "invalid listen address; expected :port or host:port"),
    _gateway("metrics_addr", "127.0.0.1", "invalid listen address; expected :port or host:port"),
    _gateway(
        "metrics_addr",
        lambda document: f"127.0.0.1:{document['listen_addr'].rpartition(':')[2]}",
        lambda document: f"must have another port than listen_addr ({document['listen_addr'].rpartition(':')[2]})",
    ),
    _gateway("limits.max_message_bytes", 1_048_577, "must be between 1 and 1048576; got 1048577"),
    _gateway("workers", 0, "must be between 1 and 64, or auto; got 0"),
    _gateway("workers", "many", 'must be between 1 and 64, or auto; got "many"'),
    _gateway("client_namespace", "No", NOT_A_NAMESPACE),
    _gateway("bootstrap_peers", ["192.0.2.1"], NOT_A_PEER, "bootstrap_peers[0]"),
    _gateway("bootstrap_peers", [PEER, PEER], "duplicate bootstrap peer", "bootstrap_peers[1]"),
    _gateway("rqlite_dsn", "ftp://h", "invalid URL; expected http://host:port"),
    _gateway("rqlite_nodes", ["h:1", "http://h:1"], "duplicate rqlite node", "rqlite_nodes[1]"),
    _gateway("rqlite_credentials_file", UNSET, NOT_SET),
    _gateway("require_auth", "yes", 'expected boolean; got "yes"'),
    _gateway("api_keys", ["key"], "invalid API key; expected key:namespace", "api_keys[0]"),
    _gateway("api_keys", ["k:a", "k:b"], "duplicate API key", "api_keys[1]"),
    _gateway("api_keys_file", "/nowhere", NOT_THERE),
    _gateway("p2p_socket", "/" * 4 + "s" * 107, TOO_LONG),
    _gateway("data_dir", "/dev/null", NO_DIRECTORY),
    _gateway("cors_origins", ["*", "http://a"], '"*" must stand alone; remove the others, or it'),
    _gateway(
        "cors_origins",
        ["a"],
        'invalid origin "a"; expected scheme://host, scheme://host:port, scheme://host:* or "*"',
        "cors_origins[0]",
    ),
    _gateway(
        "trusted_proxies",
        ["10.0.0.1/8"],
        'invalid network "10.0.0.1/8"; expected an address or a network such as 192.0.2.0/24',
        "trusted_proxies[0]",
    ),
    *(_gateway(f"limits.{name}", 0, NOT_POSITIVE) for name in COUNTS),
    *(_gateway(f"limits.{name}", "0s", "must be > 0; got 0s") for name in TIMEOUTS),
    _gateway("limits.read_timeout", 5, f"invalid duration 5; {NOT_A_DURATION}"),
    _gateway("limits.max_database_size", -1, "must be >= 0; got -1"),
    _gateway("limits.drain_delay", "-1s", f'invalid duration "-1s"; {NOT_A_DURATION}'),
    _gateway("limits.drain_timeout", "0s", "must be > 0; got 0s"),
    _gateway(
        "limits",
        {"drain_delay": "20s", "drain_timeout": "6s"},
        "together with limits.drain_timeout (6s) must be at most 25s; systemd ends the gateway 30 s after it was told "
        "to stop",
        "limits.drain_delay",
    ),
    _gateway(
        "limits.max_row",
        1,
        lambda document: f"unknown key (line {_line_of(document, 'max_row')}); did you mean max_rows?",
    ),
    *(_gateway(f"rates.{what}_{of}", 0, NOT_POSITIVE) for what in RATES for of in ("per_second", "burst")),
    _gateway("writes.group_commit", "on", 'expected boolean; got "on"'),
    *(_gateway(f"writes.{name}", 0, NOT_POSITIVE) for name in ("batch", "batch_bytes", "waiting", "waiting_bytes")),
    _gateway("writes.namespace_share", 101, "must be between 1 and 100; got 101"),
    _gateway("pubsub.ws_envelope", "x", 'invalid value "x"; allowed values: raw, json'),
    _gateway("pubsub.ws_queue", 0, NOT_POSITIVE),
    *(_gateway(f"pubsub.{name}", "0s", "must be > 0; got 0s") for name in ("ping_interval", "relay_timeout")),
    _gateway("pubsub.topic_linger", "1", f'invalid duration "1"; {NOT_A_DURATION}'),
    *(_gateway(f"auth.{name}", "0s", "must be > 0; got 0s") for name in LIFETIMES),
    _gateway("auth.clock_skew", "-1s", f'invalid duration "-1s"; {NOT_A_DURATION}'),
    _gateway("auth.allow_bare_nonce", "no", 'expected boolean; got "no"'),
    _gateway(
        "auth",
        {"allow_bare_nonce": False},
        "required when allow_bare_nonce is false; list the names of the gateway",
        "auth.domains",
    ),
    _gateway("auth.domains", ["a b"], "invalid format; expected host or host:port", "auth.domains[0]"),
    _gateway("auth.reserved_namespaces", ["No"], NOT_A_NAMESPACE, "auth.reserved_namespaces[0]"),
    _gateway("auth.reserved_namespaces", ["a", "a"], "duplicate namespace", "auth.reserved_namespaces[1]"),
    _gateway("auth.server_key_file", "/nowhere", NOT_THERE),
    _gateway("auth.audit_retention", "1y", f'invalid duration "1y"; {NOT_A_DURATION}'),
]

NOT_AN_ADDRESS = "invalid address; expected http(s)://host[:port]"
A_PASSWORD = "invalid address; no user or password in the address; use api_key_file (--api-key-file)"
NO_GATEWAY_PORT = "no gateway port belongs to peer port 63536; use gateway (--gateway)"

CLIENT_MISTAKES = [
    *(_client("gateway", value, NOT_AN_ADDRESS) for value in ("ftp://h", "http://", "h:0", "h:1/?a=b", "http://é")),
    _client("gateway", "http://me:hunter2@h", A_PASSWORD),
    _client("gateway", 6001, "expected string; got 6001"),
    _client(
        "bootstrap",
        "h:4001",
        "invalid multiaddr (not /<ip4|ip6|dns>/<host>/tcp/<port>); expected /ip{4,6}/.../tcp/<port>",
    ),
    _client("bootstrap", "/ip4/192.0.2.1/tcp/99999", NOT_A_PORT),
    _client(
        "bootstrap",
        "/ip4/192.0.2.1/tcp/63536",
        f"invalid multiaddr ({NO_GATEWAY_PORT}); expected /ip{{4,6}}/.../tcp/<port>",
    ),
    _client("production", "yes", 'expected boolean; got "yes"'),
    _client("api_key_file", UNSET, NOT_SET),
    _client("key_file", UNSET, NOT_SET),
    _client("namespace", "No", NOT_A_NAMESPACE),
    _client("credentials_file", "a\0b", "invalid path; a path cannot hold a NUL byte"),
    _client("format", "xml", 'invalid value "xml"; allowed values: table, json'),
    _client("timeout", 30, f"invalid duration 30; {NOT_A_DURATION}"),
    _client("timeout", "0s", "must be > 0; got 0s"),
    *(_client(name, 1, "expected boolean; got 1") for name in ("no_input", "quiet", "verbose")),
    _client(
        "timeuot",
        "5s",
        lambda document: f"unknown key (line {_line_of(document, 'timeuot')}); did you mean timeout?",
    ),
]

# Of the sections that both kinds have.
_SHARED = [
    ("security", {"enable_tls": 1}, "expected boolean; got 1", "security.enable_tls"),
    ("security.private_key_file", UNSET, NOT_SET, None),
    ("security.certificate_file", UNSET, NOT_SET, None),
    (
        "security",
        {"enable_tls": True, "private_key_file": "/dev/null/k", "certificate_file": ""},
        "required when enable_tls is true",
        "security.certificate_file",
    ),
    ("logging.level", "loud", 'invalid value "loud"; allowed values: debug, info, warn, error', None),
    ("logging.format", "xml", 'invalid value "xml"; allowed values: json, console', None),
    ("logging.output_file", "/", "/ is a directory; give the path of a file", None),
    ("logging", "x", 'expected mapping; got "x"', None),
]

MISTAKES = [
    *NODE_MISTAKES,
    *GATEWAY_MISTAKES,
    *CLIENT_MISTAKES,
    *(make(*row) for make in (_node, _gateway) for row in _SHARED),
]
