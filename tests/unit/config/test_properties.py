"""Any valid configuration loads and survives a dump; any one mistake in it gives exactly its one problem."""

import copy

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from debros.config import dump, validate_text
from debros.config.schema import GATEWAY, NODE
from testkit.configs import gateways, nodes
from testkit.tls import self_signed

PEER = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWGJfVKeNgdJAa1HTWcHGaRxsJ5qEj3YGUxnfyK5tFJwLz"
NO_PEER_ID = "missing /p2p/<peerID> component"
BAD_PORT = "invalid TCP port 99999"

# The documents do not touch the working directory that a fixture prepares, so that all examples may share it.
shared_directory = {"suppress_health_check": [HealthCheck.function_scoped_fixture], "deadline": None}


def is_bootstrap(document):
    return document["node"]["type"] == "bootstrap"


# kind, path of the key, the wrong value (or what makes it from the document), path and message of the one problem
MUTATIONS = [
    ("node", "node.id", "a b", "node.id", 'invalid node id "a b"'),
    ("node", "node.type", "X", "node.type", "must be one of [bootstrap node]"),
    ("node", "node.listen_addresses", [], "node.listen_addresses", "must not be empty"),
    ("node", "node.listen_addresses", ["/ip4/0.0.0.0/tcp/99999"], "node.listen_addresses[0]", BAD_PORT),
    ("node", "node.listen_addresses", ["/ip4/0.0.0.0/udp/1"], "node.listen_addresses[0]", "invalid multiaddr"),
    (
        "node",
        "node.listen_addresses",
        ["/ip6/::/tcp/1", "/ip6/0::0/tcp/1"],
        "node.listen_addresses[1]",
        "duplicate listen address",
    ),
    (
        "node",
        "node.data_dir",
        "/dev/null/x",
        "node.data_dir",
        "cannot create /dev/null/x: /dev/null is not a directory",
    ),
    ("node", "node.key_file", "$DEBROS_TEST_UNSET/k", "node.key_file", "invalid path"),
    ("node", "node.p2p_socket", "s" * 108, "node.p2p_socket", "path too long for a Unix socket (108 bytes)"),
    ("node", "node.max_connections", 0, "node.max_connections", "must be > 0"),
    ("node", "node.max_connections", "many", "node.max_connections", "expected integer"),
    ("node", "node.solana_wallet", "0", "node.solana_wallet", 'invalid Solana address "0"'),
    ("node", "node.unknown", 1, "node.unknown", "unknown key (line"),
    ("node", "database.data_dir", "/dev/null", "database.data_dir", "/dev/null is not a directory"),
    ("node", "database.replication_factor", 0, "database.replication_factor", "must be >= 1"),
    ("node", "database.shard_count", -1, "database.shard_count", "must be >= 1"),
    ("node", "database.max_database_size", -1, "database.max_database_size", "must be >= 0"),
    ("node", "database.backup_interval", "1d", "database.backup_interval", 'invalid duration "1d"'),
    ("node", "database.rqlite_port", 0, "database.rqlite_port", "must be between 1 and 65535"),
    ("node", "database.rqlite_raft_port", 65536, "database.rqlite_raft_port", "must be between 1 and 65535"),
    (
        "node",
        "database.rqlite_raft_port",
        lambda document: document["database"]["rqlite_port"],
        "database.rqlite_raft_port",
        "must differ from database.rqlite_port (",
    ),
    (
        "node",
        "database.rqlite_join_address",
        lambda document: "h:1" if is_bootstrap(document) else "",
        "database.rqlite_join_address",
        lambda document: (
            "must be empty for bootstrap type" if is_bootstrap(document) else "required for node type (non-bootstrap)"
        ),
    ),
    ("node", "database.rqlite_bootstrap_expect", -1, "database.rqlite_bootstrap_expect", "must be >= 0"),
    ("node", "database.rqlite_auth_file", "/dev/null/x", "database.rqlite_auth_file", "cannot read /dev/null/x"),
    ("node", "database.rqlite_join_as", "a:b", "database.rqlite_join_as", 'invalid user name "a:b"'),
    ("node", "database.rqlite_credentials_file", "/", "database.rqlite_credentials_file", "cannot read /: Is a"),
    *(
        ("node", f"database.rqlite_tls_{name}_file", "/nowhere", f"database.rqlite_tls_{name}_file", "cannot read")
        for name in ("cert", "key", "ca")
    ),
    ("node", "database.rqlite_tls_server_name", "a b", "database.rqlite_tls_server_name", 'invalid DNS name "a b"'),
    ("node", "database.rqlite_binary", "a\0b", "database.rqlite_binary", "invalid path"),
    ("node", "database.rqlite_raft_listen", "h", "database.rqlite_raft_listen", "invalid format"),
    ("node", "database.rqlite_http_listen", "192.0.2.1", "database.rqlite_http_listen", "must be one of"),
    ("node", "discovery.bootstrap_peers", ["/x"], "discovery.bootstrap_peers[0]", "invalid multiaddr"),
    ("node", "discovery.bootstrap_peers", [PEER.partition("/p2p")[0]], "discovery.bootstrap_peers[0]", NO_PEER_ID),
    (
        "node",
        "discovery.bootstrap_peers",
        ["a", PEER, PEER],
        "discovery.bootstrap_peers[2]",
        "duplicate bootstrap peer",
    ),
    ("node", "discovery.discovery_interval", "0s", "discovery.discovery_interval", "must be > 0"),
    ("node", "discovery.bootstrap_port", 65536, "discovery.bootstrap_port", "must be between 1 and 65535"),
    ("node", "discovery.http_adv_address", "a:b", "discovery.http_adv_address", "invalid format"),
    ("node", "discovery.raft_adv_address", "h:99999", "discovery.raft_adv_address", BAD_PORT),
    ("node", "discovery.node_namespace", "No", "discovery.node_namespace", 'invalid namespace "No"'),
    ("node", "security", {"enable_tls": 1}, "security.enable_tls", "expected boolean"),
    (
        "node",
        "security",
        {"enable_tls": True, "private_key_file": "/dev/null/k", "certificate_file": ""},
        "security.certificate_file",
        "required when enable_tls is true",
    ),
    ("node", "logging.level", "loud", "logging.level", 'invalid value "loud"'),
    ("node", "logging.format", "xml", "logging.format", 'invalid value "xml"'),
    ("node", "logging.output_file", "/", "logging.output_file", "/ is a directory"),
    ("node", "logging", "x", "logging", "expected mapping"),
    ("gateway", "listen_addr", "6001", "listen_addr", "invalid listen address"),
    ("gateway", "metrics_addr", "127.0.0.1", "metrics_addr", "invalid listen address"),
    ("gateway", "client_namespace", "", "client_namespace", 'invalid namespace ""'),
    ("gateway", "bootstrap_peers", ["192.0.2.1"], "bootstrap_peers[0]", "invalid multiaddr"),
    ("gateway", "bootstrap_peers", [PEER, PEER], "bootstrap_peers[1]", "duplicate bootstrap peer"),
    ("gateway", "rqlite_dsn", "ftp://h", "rqlite_dsn", "invalid URL"),
    ("gateway", "rqlite_nodes", ["h:1", "http://h:1"], "rqlite_nodes[1]", "duplicate rqlite node"),
    ("gateway", "rqlite_credentials_file", "$UNSET/x", "rqlite_credentials_file", "invalid path"),
    ("gateway", "api_keys_file", "/nowhere", "api_keys_file", "cannot read /nowhere"),
    ("gateway", "require_auth", "yes", "require_auth", "expected boolean"),
    ("gateway", "api_keys", ["key"], "api_keys[0]", "invalid API key"),
    ("gateway", "api_keys", ["k:a", "k:b"], "api_keys[1]", "duplicate API key"),
    ("gateway", "p2p_socket", "/" * 4 + "s" * 107, "p2p_socket", "path too long for a Unix socket (108 bytes)"),
    ("gateway", "data_dir", "/dev/null", "data_dir", "/dev/null is not a directory"),
    ("gateway", "cors_origins", ["*", "http://a"], "cors_origins", '"*" must stand alone'),
    ("gateway", "cors_origins", ["a"], "cors_origins[0]", 'invalid origin "a"'),
    ("gateway", "limits.max_rows", 0, "limits.max_rows", "must be > 0"),
    ("gateway", "limits.read_timeout", 5, "limits.read_timeout", "invalid duration 5"),
    ("gateway", "pubsub.ws_envelope", "x", "pubsub.ws_envelope", 'invalid value "x"'),
    ("gateway", "auth.clock_skew", "-1s", "auth.clock_skew", 'invalid duration "-1s"'),
    ("gateway", "auth.allow_bare_nonce", "no", "auth.allow_bare_nonce", "expected boolean"),
    ("gateway", "auth", {"allow_bare_nonce": False}, "auth.domains", "required when allow_bare_nonce is false"),
    ("gateway", "auth.domains", ["a b"], "auth.domains[0]", "invalid format"),
    ("gateway", "auth.reserved_namespaces", ["No"], "auth.reserved_namespaces[0]", 'invalid namespace "No"'),
    ("gateway", "auth.server_key_file", "/nowhere", "auth.server_key_file", "cannot read /nowhere"),
    ("gateway", "rates.failures_burst", 0, "rates.failures_burst", "must be > 0"),
    ("gateway", "writes.batch", 0, "writes.batch", "must be > 0"),
    ("gateway", "writes.namespace_share", 101, "writes.namespace_share", "must be between 1 and 100"),
    ("gateway", "writes.group_commit", "on", "writes.group_commit", "expected boolean"),
    ("gateway", "trusted_proxies", ["10.0.0.1/8"], "trusted_proxies[0]", 'invalid network "10.0.0.1/8"'),
    ("gateway", "limits.max_row", 1, "limits.max_row", "unknown key (line"),
]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    pair = self_signed(tmp_path_factory.mktemp("tls"), "pair")
    return {"node": nodes(pair), "gateway": gateways(pair)}


@pytest.mark.parametrize("kind", ["node", "gateway"])
@settings(max_examples=100, **shared_directory)
@given(data=st.data())
def test_a_valid_document_loads_and_its_dump_loads_to_an_equal_configuration(kind, documents, data):
    report = validate_text(kind, yaml.safe_dump(data.draw(documents[kind])), environ={})
    assert report.problems == ()
    again = validate_text(kind, dump(report.config), environ={})
    assert again.problems == ()
    assert again.config == report.config


@pytest.mark.parametrize(
    ("kind", "key", "value", "path", "message"),
    MUTATIONS,
    ids=[f"{row[3]}: {index}" for index, row in enumerate(MUTATIONS)],
)
@settings(max_examples=8, **shared_directory)
@given(data=st.data())
def test_one_mistake_is_one_problem(kind, key, value, path, message, documents, data):
    document = copy.deepcopy(data.draw(documents[kind]))
    *parents, last = key.split(".")
    place = document
    for part in parents:
        place = place[part]
    place[last] = value(document) if callable(value) else value
    problems = validate_text(kind, yaml.safe_dump(document), environ={}).problems
    assert [problem.path for problem in problems] == [path]
    assert problems[0].message.startswith(message(document) if callable(message) else message)


@pytest.mark.parametrize("schema", [NODE, GATEWAY], ids=lambda schema: schema.kind)
def test_every_key_has_a_mistake_in_the_table(schema):
    touched = {row[1] for row in MUTATIONS if row[0] == schema.kind}
    sections = {key.partition(".")[0] for key in touched}
    if schema is NODE:
        # TLS files are mistaken together, in the section; the other files in test_tls.
        missing = {".".join(path) for path, _ in schema.leaves() if path[0] != "security"} - touched
    else:
        # Sections of like keys, and those that both kinds share, have one mistake of each rule.
        missing = schema.fields.keys() - sections - {"security", "logging"}
    assert missing == set()
