"""The rules of gateway.yaml."""

import pytest

from debros.config import ApiKey, dump, load_gateway, validate_text


def test_defaults():
    config = load_gateway(None, environ={})
    assert (config.listen_addr, config.client_namespace, config.bootstrap_peers) == (":6001", "default", [])
    assert (config.rqlite_dsn, config.rqlite_nodes) == ("http://localhost:5001", ["http://localhost:5001"])
    assert (config.require_auth, config.api_keys) == (True, [])
    assert config.cors_origins == ["http://localhost:*", "http://127.0.0.1:*", "https://localhost:*"]
    assert (str(config.p2p_socket), str(config.data_dir)) == ("data/debros-p2p.sock", "data/gateway")
    assert (config.limits.max_body_bytes, config.limits.max_value_bytes) == (2097152, 4194304)
    assert (config.limits.max_message_bytes, config.limits.max_rows) == (1048576, 10000)
    assert (config.pubsub.ws_envelope, config.pubsub.ws_queue, config.pubsub.ping_interval) == ("raw", 1024, 30)
    assert (config.auth.access_token_lifetime, config.auth.allow_bare_nonce) == (900, True)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("listen_addr", "6001", "invalid listen address; expected :port or host:port"),
        ("listen_addr", "http://h:1", "invalid listen address; expected :port or host:port"),
        ("listen_addr", ":99999", "invalid TCP port 99999; port must be between 1 and 65535"),
        ("metrics_addr", "8001", "invalid listen address; expected :port or host:port"),
        ("metrics_addr", "127.0.0.1:6001", "must have another port than listen_addr (6001)"),
        ("metrics_addr", ":6001", "must have another port than listen_addr (6001)"),
        ("rqlite_dsn", "localhost", "invalid URL; expected http://host:port"),
        ("pubsub.ws_envelope", "xml", 'invalid value "xml"; allowed values: raw, json'),
        ("pubsub.ws_queue", 0, "must be > 0; got 0"),
        ("pubsub.ping_interval", "0s", "must be > 0; got 0s"),
        ("limits.max_rows", 0, "must be > 0; got 0"),
        ("limits.read_timeout", 0, "must be > 0; got 0"),
        ("auth.nonce_lifetime", "0", "must be > 0; got 0s"),
        ("auth.allow_bare_nonce", 1, "expected boolean; got 1"),
        ("cors_origins", ["*", "http://a"], '"*" must stand alone; remove the others, or it'),
    ],
)
def test_single_values(gateway_lines, key, value, text):
    assert gateway_lines({key: value}) == [f"{key}: {text}"]


@pytest.mark.parametrize("value", [":6001", "0.0.0.0:6001", "[::1]:6001", "localhost:1"])
def test_listen_addresses(gateway_lines, value):
    assert gateway_lines({"listen_addr": value}) == []


@pytest.mark.parametrize("name", ["", "A", "-a", "a.b", "a" * 64, "a\n"])
def test_what_is_no_namespace(gateway_lines, name):
    (line,) = gateway_lines({"client_namespace": name})
    assert line.startswith("client_namespace: invalid namespace ")
    assert gateway_lines({"client_namespace": "a" * 63}) == []


def test_items_of_lists(gateway_lines):
    assert gateway_lines(
        {
            "cors_origins": ["http://a", "b", "http://a"],
            "rqlite_nodes": ["db1:5001", "http://db1:5001/", "ftp://x"],
            "bootstrap_peers": ["192.0.2.1"],
        }
    ) == [
        "bootstrap_peers[0]: invalid multiaddr; expected /ip{4,6}/.../tcp/<port>/p2p/<peerID>",
        "rqlite_nodes[1]: duplicate rqlite node",
        "rqlite_nodes[2]: invalid URL; expected http://host:port",
        'cors_origins[1]: invalid origin "b"; expected scheme://host, scheme://host:port, scheme://host:* or "*"',
        "cors_origins[2]: duplicate origin",
    ]


def test_api_keys_in_both_forms():
    text = "api_keys:\n  - ak_x:one:one\n  - {key: ak_y, namespace: two}\n"
    assert validate_text("gateway", text, environ={}).config.api_keys == [
        ApiKey("ak_x:one", "one"),
        ApiKey("ak_y", "two"),
    ]


def test_an_operators_key_in_both_forms():
    text = "api_keys:\n  - ak_x:one:one admin\n  - {key: ak_y, namespace: two, scope: admin}\n"
    config = validate_text("gateway", text, environ={}).config
    assert config.api_keys == [ApiKey("ak_x:one", "one", "admin"), ApiKey("ak_y", "two", "admin")]
    assert validate_text("gateway", dump(config), environ={}).config.api_keys == config.api_keys
    assert "********:one admin" in dump(config, mask=True)


def test_an_operators_key_in_the_environment():
    config = load_gateway(None, environ={"GATEWAY_API_KEYS": "k:one admin,l:two"})
    assert config.api_keys == [ApiKey("k", "one", "admin"), ApiKey("l", "two")]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("nocolon", "invalid API key; expected key:namespace"),
        (":ns", "invalid API key; the part before the last colon must be printable ASCII without blanks"),
        ("a b:ns", "invalid API key; the part before the last colon must be printable ASCII without blanks"),
        ("key:NS", "invalid namespace after the last colon; a to z, 0 to 9, _ and -, at most 63"),
        ({"key": "k"}, "invalid API key; expected key:namespace"),
        ({"key": "k", "namespace": "n", "x": 1}, "unknown key in an API key; known keys: key, namespace, scope"),
        ("key:ns root", "unknown scope behind the namespace; known scope: admin"),
        ({"key": "k", "namespace": "n", "scope": "root"}, "unknown scope behind the namespace; known scope: admin"),
        (5, "expected key:namespace"),
    ],
)
def test_bad_api_keys(gateway_lines, item, text):
    assert gateway_lines({"api_keys": [item]}) == [f"api_keys[0]: {text}"]


def test_a_key_opens_one_namespace(gateway_lines):
    assert gateway_lines({"api_keys": ["k:a", {"key": "k", "namespace": "b"}]}) == ["api_keys[1]: duplicate API key"]
