"""Flag > environment variable > YAML > default, for node, gateway and client alike."""

import itertools
from pathlib import Path

import pytest

from debros.config import ApiKey, ConfigError, load_client, load_gateway, load_node, validate_text
from debros.config.schema import CLIENT, GATEWAY, NODE

BOOTSTRAP = {"NODE_TYPE": "bootstrap"}
LOCAL = {"NETWORK_DEV_LOCAL": "1", **BOOTSTRAP}
A_PEER = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWGJfVKeNgdJAa1HTWcHGaRxsJ5qEj3YGUxnfyK5tFJwLz"
B_PEER = "/ip4/192.0.2.2/tcp/4001/p2p/12D3KooWA1bQTf2vt5Dhej4zvZGnnpz8pFKBr1o2DTgqTpdEnQyZ"
NO_PEER_ID = "missing /p2p/<peerID> component"

# key, environment variable, default, and a value from each other source with how it is read
NODE_SOURCES = [
    ("node.id", "NODE_ID", "", ("yaml", "yaml"), ("env", "env"), ("flag", "flag")),
    ("node.type", "NODE_TYPE", "node", ("bootstrap", "bootstrap"), ("node", "node"), ("bootstrap", "bootstrap")),
    ("database.rqlite_port", "RQLITE_PORT", 5001, ("1", 1), ("2", 2), (3, 3)),
    ("database.rqlite_raft_port", "RQLITE_RAFT_PORT", 7001, ("1", 1), ("2", 2), ("3", 3)),
    ("database.rqlite_join_address", "RQLITE_JOIN_ADDRESS", "", ("a:1", "a:1"), ("b:2", "b:2"), ("c:3", "c:3")),
    ("discovery.bootstrap_peers", "BOOTSTRAP_PEERS", [], ("[a]", ["a"]), ("b, c,", ["b", "c"]), (["d"], ["d"])),
    ("logging.level", "LOG_LEVEL", "info", ("warn", "warn"), ("error", "error"), ("debug", "debug")),
]
GATEWAY_SOURCES = [
    ("listen_addr", "GATEWAY_ADDR", ":6001", ("':1'", ":1"), (":2", ":2"), (":3", ":3")),
    ("workers", "GATEWAY_WORKERS", 1, ("2", 2), ("3", 3), ("4", 4)),
    ("client_namespace", "GATEWAY_NAMESPACE", "default", ("a", "a"), ("b", "b"), ("c", "c")),
    (
        "bootstrap_peers",
        "GATEWAY_BOOTSTRAP_PEERS",
        [],
        (f"[{A_PEER}]", [A_PEER]),
        (f"{B_PEER}, {A_PEER},", [B_PEER, A_PEER]),
        ([B_PEER], [B_PEER]),
    ),
    (
        "rqlite_dsn",
        "GATEWAY_RQLITE_DSN",
        "http://localhost:5001",
        ("a:1", "http://a:1"),
        ("b:1", "http://b:1"),
        ("c:1", "http://c:1"),
    ),
    (
        "rqlite_nodes",
        "RQLITE_NODES",
        ["http://localhost:5001"],
        ("['a:1']", ["http://a:1"]),
        ("b:1,c:1", ["http://b:1", "http://c:1"]),
        (("d:1",), ["http://d:1"]),
    ),
    ("require_auth", "GATEWAY_REQUIRE_AUTH", True, ("false", False), ("yes", True), ("0", False)),
    (
        "api_keys",
        "GATEWAY_API_KEYS",
        [],
        ("['k:a']", [ApiKey("k", "a")]),
        ("l:b,m:n:c", [ApiKey("l", "b"), ApiKey("m:n", "c")]),
        (["o:d"], [ApiKey("o", "d")]),
    ),
    ("logging.level", "LOG_LEVEL", "info", ("warn", "warn"), ("error", "error"), ("debug", "debug")),
]
_FILES = (("a", Path("a")), ("b", Path("b")), ("./$$c", Path("$c")))
CLIENT_SOURCES = [
    ("gateway", "DEBROS_GATEWAY_URL", "", ("a:1", "a:1"), ("b:1", "b:1"), ("c:1", "c:1")),
    ("bootstrap", "DEBROS_BOOTSTRAP", "", (A_PEER, A_PEER), (B_PEER, B_PEER), ("/dns/c/tcp/1", "/dns/c/tcp/1")),
    ("production", "DEBROS_PRODUCTION", False, ("true", True), ("0", False), (True, True)),
    ("api_key_file", "DEBROS_API_KEY_FILE", None, *_FILES),
    ("credentials_file", "DEBROS_CREDENTIALS_FILE", None, *_FILES),
    ("key_file", "DEBROS_WALLET_KEY_FILE", None, *_FILES),
    ("namespace", "DEBROS_NAMESPACE", "", ("a", "a"), ("b", "b"), ("c", "c")),
    ("format", "DEBROS_FORMAT", "table", ("json", "json"), ("table", "table"), ("json", "json")),
    ("timeout", "DEBROS_TIMEOUT", 30, ("1s", 1), ("2m", 120), ("3ms", 0.003)),
    *(
        (name, f"DEBROS_{name.upper()}", False, ("true", True), ("no", False), (True, True))
        for name in ("no_input", "quiet", "verbose")
    ),
]


def value_of(config, key):
    for part in key.split("."):
        config = getattr(config, part)
    return config


@pytest.mark.parametrize(("with_yaml", "with_env", "with_flag"), list(itertools.product([False, True], repeat=3)))
@pytest.mark.parametrize(
    ("kind", "source"),
    [
        *(("node", s) for s in NODE_SOURCES),
        *(("gateway", s) for s in GATEWAY_SOURCES),
        *(("client", s) for s in CLIENT_SOURCES),
    ],
)
def test_the_strongest_source_wins(kind, source, with_yaml, with_env, with_flag):
    key, variable, default, (yaml, from_yaml), (env, from_env), (flag, from_flag) = source
    text, expected = None, default
    if with_yaml:
        section, _, leaf = key.rpartition(".")
        text, expected = f"{section}:\n  {leaf}: {yaml}" if section else f"{leaf}: {yaml}", from_yaml
    environ = {variable: env} if with_env else {}
    expected = from_env if with_env else expected
    flags = {key: flag} if with_flag else {}
    expected = from_flag if with_flag else expected
    if kind == "node" and key != "database.rqlite_join_address":
        # A node must join somebody, unless it is the first.
        joins = key != "node.type" or expected == "node"
        environ |= {"RQLITE_JOIN_ADDRESS": "z:1"} if joins else {}
    report = validate_text(kind, text, environ=environ, flags=flags)
    if key == "database.rqlite_join_address" and expected == "":
        assert [str(problem) for problem in report.problems] == [f"{key}: required for node type (non-bootstrap)"]
    else:
        assert report.problems == ()
        assert value_of(report.config, key) == expected


def test_every_variable_of_the_contract_is_known():
    schemas = (NODE, GATEWAY, CLIENT)
    known = {leaf["meta"]["env"] for schema in schemas for _, leaf in schema.leaves() if "env" in leaf["meta"]}
    assert known == {source[1] for source in NODE_SOURCES + GATEWAY_SOURCES + CLIENT_SOURCES}


def test_an_empty_variable_counts_as_not_set():
    assert load_gateway(None, environ={"GATEWAY_ADDR": "", "GATEWAY_API_KEYS": ""}).listen_addr == ":6001"


def test_the_environment_of_the_process_is_the_default(monkeypatch):
    monkeypatch.setenv("GATEWAY_ADDR", "127.0.0.1:7")
    assert load_gateway(None).listen_addr == "127.0.0.1:7"


@pytest.mark.parametrize(
    ("environ", "flags", "line"),
    [
        (
            {"RQLITE_PORT": "abc"},
            {},
            'database.rqlite_port: expected integer; got "abc" (environment variable RQLITE_PORT)',
        ),
        (
            {"RQLITE_PORT": "70000"},
            {},
            "database.rqlite_port: must be between 1 and 65535; got 70000 (environment variable RQLITE_PORT)",
        ),
        (
            {"BOOTSTRAP_PEERS": "a,/ip4/1.1.1.1/tcp/1"},
            {},
            f"discovery.bootstrap_peers[1]: {NO_PEER_ID}; set by environment variable BOOTSTRAP_PEERS",
        ),
        (
            {},
            {"database.rqlite_port": "abc"},
            'database.rqlite_port: expected integer; got "abc" (flag --rqlite-http-port)',
        ),
        (
            {"RQLITE_PORT": "9"},
            {"database.rqlite_raft_port": "9"},
            "database.rqlite_raft_port: must differ from database.rqlite_port (9); set by flag --rqlite-raft-port",
        ),
        ({}, {"database.nope": "1"}, "database.nope: unknown flag; give a key of the configuration by its dotted path"),
        ({"NETWORK_DEV_LOCAL": "maybe"}, {}, 'NETWORK_DEV_LOCAL: invalid value "maybe"; allowed values: 1, 0'),
    ],
)
def test_a_bad_value_names_where_it_came_from(environ, flags, line):
    with pytest.raises(ConfigError) as caught:
        load_node(None, environ={"RQLITE_JOIN_ADDRESS": "a:1", **environ}, flags=flags)
    assert str(caught.value) == f"Configuration errors (1):\n  - {line}"


class TestLocalDefaults:
    def test_they_keep_to_the_machine(self):
        config = load_node(None, environ=LOCAL)
        assert config.node.listen_addresses == ["/ip4/127.0.0.1/tcp/4001"]
        assert (config.discovery.http_adv_address, config.discovery.raft_adv_address) == ("127.0.0.1", "127.0.0.1")
        assert load_gateway(None, environ=LOCAL).listen_addr == "127.0.0.1:6001"

    def test_they_replace_defaults_only(self):
        text = "node:\n  listen_addresses: [/ip4/0.0.0.0/tcp/9]\ndiscovery:\n  http_adv_address: a\n"
        config = validate_text("node", text, environ=LOCAL).config
        assert config.node.listen_addresses == ["/ip4/0.0.0.0/tcp/9"]
        assert (config.discovery.http_adv_address, config.discovery.raft_adv_address) == ("a", "127.0.0.1")
        assert load_gateway(None, environ={**LOCAL, "GATEWAY_ADDR": ":1"}).listen_addr == ":1"

    def test_off(self):
        assert load_gateway(None, environ={"NETWORK_DEV_LOCAL": "0"}).listen_addr == ":6001"


class TestKeysThatFollowAnother:
    def test_the_flag_data_takes_the_database_along(self):
        config = load_node(None, environ=BOOTSTRAP, flags={"node.data_dir": "x"})
        assert (str(config.node.data_dir), str(config.database.data_dir)) == ("x", "x/db")

    def test_unless_the_file_says_where_it_is(self):
        text = "database: {data_dir: y}"
        config = validate_text("node", text, environ=BOOTSTRAP, flags={"node.data_dir": "x"}).config
        assert str(config.database.data_dir) == "y"

    def test_the_key_data_dir_does_not(self):
        config = validate_text("node", "node: {data_dir: x}", environ=BOOTSTRAP).config
        assert str(config.database.data_dir) == "data/db"

    def test_a_stronger_dsn_beats_a_weaker_list_of_nodes(self):
        text = "rqlite_nodes: ['a:1', 'b:1']\n"
        assert validate_text("gateway", text, environ={}).config.rqlite_nodes == ["http://a:1", "http://b:1"]
        config = validate_text("gateway", text, environ={"GATEWAY_RQLITE_DSN": "http://c:1"}).config
        assert config.rqlite_nodes == ["http://c:1"]
        config = validate_text("gateway", f"{text}rqlite_dsn: c:1", environ={}).config
        assert config.rqlite_nodes == ["http://a:1", "http://b:1"]


class TestKeysThatNameAGateway:
    def test_every_key_of_the_client_can_come_from_each_source(self):
        assert {source[0] for source in CLIENT_SOURCES} == {path[0] for path, _ in CLIENT.leaves()}

    @pytest.mark.parametrize(
        ("environ", "flags", "expected"),
        [
            ({}, {}, ("a:1", "", False)),
            ({"DEBROS_BOOTSTRAP": A_PEER}, {}, ("", A_PEER, False)),
            ({"DEBROS_BOOTSTRAP": A_PEER}, {"production": True}, ("", "", True)),
            ({"DEBROS_PRODUCTION": "1"}, {"gateway": "b:1"}, ("b:1", "", False)),
            ({"DEBROS_PRODUCTION": "0", "DEBROS_BOOTSTRAP": ""}, {}, ("a:1", "", False)),
        ],
    )
    def test_a_stronger_one_replaces_the_others(self, environ, flags, expected):
        config = validate_text("client", "gateway: a:1", environ=environ, flags=flags).config
        assert (config.gateway, config.bootstrap, config.production) == expected

    def test_two_of_one_source_contradict_each_other(self):
        environ = {"DEBROS_GATEWAY_URL": "a:1", "DEBROS_PRODUCTION": "1"}
        with pytest.raises(ConfigError) as caught:
            load_client(None, environ=environ)
        line = "production: gateway names a gateway too; give only one of them (environment variable DEBROS_PRODUCTION)"
        assert str(caught.value).splitlines()[1:] == [f"  - {line}"]
