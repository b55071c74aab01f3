"""The rules of node.yaml, in the words that users and tools know."""

import base58
import pytest

from debros.config import ConfigError, load_node, validate_text
from testkit.mistakes import EIGHT_LINES, EIGHT_MISTAKES

PEER = base58.b58encode(bytes.fromhex("002408011220") + bytes(32)).decode()
ADDRESS = f"/ip4/192.0.2.1/tcp/4001/p2p/{PEER}"
BAD_PEER = "invalid multiaddr; expected /ip{4,6}/.../tcp/<port>/p2p/<peerID>"


def test_defaults():
    config = load_node(None, environ={"NODE_TYPE": "bootstrap"})
    assert (config.node.listen_addresses, config.node.max_connections) == (["/ip4/0.0.0.0/tcp/4001"], 50)
    assert (str(config.node.data_dir), str(config.database.data_dir)) == ("data", "data/db")
    assert str(config.node.key_file) == "data/identity.key"
    assert str(config.node.p2p_socket) == "data/debros-p2p.sock"
    assert (config.database.replication_factor, config.database.shard_count) == (3, 16)
    assert (config.database.max_database_size, config.database.backup_interval) == (1073741824, 86400)
    assert (config.database.rqlite_port, config.database.rqlite_raft_port) == (5001, 7001)
    assert (config.discovery.discovery_interval, config.discovery.bootstrap_port) == (15, 4001)
    assert (config.discovery.node_namespace, config.security.enable_tls) == ("default", False)
    assert (config.logging.level, config.logging.format, config.logging.output_file) == ("info", "console", None)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("node.type", "X", 'must be one of [bootstrap node]; got "X"'),
        ("node.max_connections", 0, "must be > 0; got 0"),
        ("node.max_connections", -5, "must be > 0; got -5"),
        ("database.replication_factor", 0, "must be >= 1; got 0"),
        ("database.shard_count", 0, "must be >= 1; got 0"),
        ("database.max_database_size", -1, "must be >= 0; got -1"),
        ("database.rqlite_port", 0, "must be between 1 and 65535; got 0"),
        ("database.rqlite_raft_port", 65536, "must be between 1 and 65535; got 65536"),
        ("database.rqlite_raft_port", 5001, "must differ from database.rqlite_port (5001)"),
        ("database.rqlite_join_address", "", "required for node type (non-bootstrap)"),
        ("database.rqlite_join_address", "nowhere", "invalid format; expected host:port"),
        ("database.rqlite_join_address", "::1:7001", "invalid format; expected host:port"),
        ("database.rqlite_join_address", "h:99999", "invalid TCP port 99999; port must be between 1 and 65535"),
        ("discovery.bootstrap_port", 0, "must be between 1 and 65535; got 0"),
        ("discovery.discovery_interval", "0s", "must be > 0; got 0s"),
        ("discovery.http_adv_address", "a b", "invalid format; expected host or host:port"),
        ("discovery.raft_adv_address", "http://h", "invalid format; expected host or host:port"),
        ("logging.level", "X", 'invalid value "X"; allowed values: debug, info, warn, error'),
        ("logging.format", "X", 'invalid value "X"; allowed values: json, console'),
        ("security.private_key_file", "$NOWHERE/k", "invalid path; environment variable NOWHERE is not set"),
    ],
)
def test_single_values(node_lines, key, value, text):
    assert node_lines({key: value}) == [f"{key}: {text}"]


def test_a_bootstrap_node_joins_nobody(node_lines):
    assert node_lines({"node.type": "bootstrap"}) == ["database.rqlite_join_address: must be empty for bootstrap type"]
    assert node_lines({"node.type": "bootstrap", "database.rqlite_join_address": ""}) == []


def test_nothing_is_said_about_joining_when_the_type_is_unknown(node_lines):
    assert len(node_lines({"node.type": "X", "database.rqlite_join_address": ""})) == 1


@pytest.mark.parametrize(
    ("peer", "text"),
    [
        ("/ip4/192.0.2.1/tcp/4001", "missing /p2p/<peerID> component"),
        ("/ip4/192.0.2.1/udp/4001", BAD_PEER),
        ("/ip4/192.0.2.1/tcp/4001/p2p/<YOUR_BOOTSTRAP_PEER_ID>", BAD_PEER),
        ("/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWshort", BAD_PEER),
        ("not a peer", BAD_PEER),
        (PEER, BAD_PEER),
        (f"/ip4/192.0.2.1/tcp/99999/p2p/{PEER}", "invalid TCP port 99999; port must be between 1 and 65535"),
    ],
)
def test_bootstrap_peers(node_lines, peer, text):
    assert node_lines({"discovery.bootstrap_peers": [peer]}) == [f"discovery.bootstrap_peers[0]: {text}"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ADDRESS, ADDRESS),
        (f"/ip6/::1/tcp/4001/p2p/{PEER}", f"/ip6/0:0::1/tcp/4001/p2p/{PEER}"),
        ("::1", "[::1]"),
    ],
)
def test_a_peer_given_twice_however_it_is_spelled(node_lines, first, second):
    assert node_lines({"discovery.bootstrap_peers": [first, second]}) == [
        "discovery.bootstrap_peers[1]: duplicate bootstrap peer"
    ]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("/ip4/0.0.0.0/tcp/99999", "invalid TCP port 99999; port must be between 1 and 65535"),
        ("/ip4/0.0.0.0/tcp/0", "invalid TCP port 0; port must be between 1 and 65535"),
        ("/ip4/0.0.0.0/udp/4001", "invalid multiaddr; expected /ip{4,6}/<address>/tcp/<port>"),
        ("0.0.0.0:4001", "invalid multiaddr; expected /ip{4,6}/<address>/tcp/<port>"),
        ("/dns/example.com/tcp/4001", "invalid multiaddr; expected /ip{4,6}/<address>/tcp/<port>"),
        (ADDRESS, "invalid multiaddr; expected /ip{4,6}/<address>/tcp/<port>"),
    ],
)
def test_listen_addresses(node_lines, address, text):
    assert node_lines({"node.listen_addresses": [address]}) == [f"node.listen_addresses[0]: {text}"]


def test_listen_addresses_are_needed_and_differ(node_lines):
    assert node_lines({"node.listen_addresses": []}) == ["node.listen_addresses: must not be empty; give at least one"]
    assert node_lines(
        {"node.listen_addresses": ["/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001", "/ip4/0.0.0.0/tcp/4001"]}
    ) == ["node.listen_addresses[2]: duplicate listen address"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("database.rqlite_join_address", "[2001:db8::1]:7001"),
        ("discovery.http_adv_address", "2001:db8::1"),
        ("discovery.http_adv_address", "[2001:db8::1]:5001"),
        ("discovery.bootstrap_peers", [f"/ip6/2001:db8::1/tcp/4001/p2p/{PEER}", "2001:db8::2"]),
        ("node.listen_addresses", ["/ip6/::/tcp/4001"]),
    ],
)
def test_ipv6_wherever_a_host_is(node_lines, key, value):
    assert node_lines({key: value}) == []


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("database.rqlite_port", "abc", 'expected integer; got "abc"'),
        ("database.rqlite_port", 5001.5, "expected integer; got 5001.5"),
        ("node.max_connections", True, "expected integer; got true"),
        ("security.enable_tls", "yes", 'expected boolean; got "yes"'),
        ("node.id", 5, "expected string; got 5"),
        ("node.data_dir", ["a"], "expected string; got a list"),
        ("node.listen_addresses", "x", 'expected list; got "x"'),
        ("node.listen_addresses", [5], "expected string; got 5"),
        ("database.backup_interval", True, "expected duration; got true"),
        ("discovery", [], "expected mapping; got a list"),
        ("logging.level", {"a": 1}, "expected string; got a mapping"),
    ],
)
def test_wrong_types(node_lines, key, value, text):
    place = f"{key}[0]" if value == [5] else key
    assert node_lines({key: value}) == [f"{place}: {text}"]


@pytest.mark.parametrize("value", [15, "15", "-1h", "soon"])
def test_durations_need_a_unit(node_lines, value):
    written = f'"{value}"' if isinstance(value, str) else value
    assert node_lines({"database.backup_interval": value}) == [
        f"database.backup_interval: invalid duration {written}; expected a number with a unit, like 15s, 24h or 1h30m"
    ]


@pytest.mark.parametrize(
    ("wallet", "text"),
    [
        ("0x12", 'invalid Solana address "0x12"; expected base58'),
        ("abc", 'invalid Solana address "abc"; expected 32 bytes in base58; got 3'),
    ],
)
def test_a_wallet_is_a_solana_address(node_lines, wallet, text):
    assert node_lines({"node.solana_wallet": wallet}) == [f"node.solana_wallet: {text}"]
    assert node_lines({"node.solana_wallet": base58.b58encode(bytes(32)).decode()}) == []


def test_a_data_directory_is_not_created_by_looking(node_lines, tmp_path):
    assert node_lines({"node.data_dir": str(tmp_path / "a/b/c")}) == []
    assert list(tmp_path.iterdir()) == []


def test_a_data_directory_that_is_a_file(node_lines, tmp_path):
    file = tmp_path / "file"
    file.touch()
    assert node_lines({"database.data_dir": str(file)}) == [
        f"database.data_dir: {file} is not a directory; give the path of a directory"
    ]
    assert node_lines({"database.data_dir": f"{file}/db"}) == [
        f"database.data_dir: cannot create {file}/db: {file} is not a directory; give the path of a directory"
    ]


def test_a_data_directory_that_cannot_be_written(node_lines, tmp_path, monkeypatch):
    # Root may write everywhere, so the answer of the system is replaced.
    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setattr("os.access", lambda path, _mode: path != closed)
    assert node_lines({"database.data_dir": f"{closed}/db"}) == [
        f"database.data_dir: cannot create {closed}/db: {closed} is not writable; check its owner and mode",
    ]
    assert node_lines({"database.data_dir": str(closed)}) == [
        f"database.data_dir: {closed} is not writable; check its owner and mode",
    ]


def test_a_log_file_that_is_a_directory(node_lines, tmp_path):
    assert node_lines({"logging.output_file": str(tmp_path)}) == [
        f"logging.output_file: {tmp_path} is a directory; give the path of a file"
    ]


def test_a_socket_path_that_the_system_cannot_hold(node_lines):
    long = "/" + "x" * 107
    text = "path too long for a Unix socket (108 bytes); at most 107 bytes"
    assert node_lines({"node.p2p_socket": long}) == [f"node.p2p_socket: {text}"]
    assert node_lines({"node.p2p_socket": long[:-1]}) == []


def test_a_socket_path_too_long_because_of_the_data_directory(node_lines, tmp_path):
    lines = node_lines({"node.data_dir": f"{tmp_path}/{'x' * 100}"})
    assert len(lines) == 1
    assert lines[0].startswith("node.p2p_socket: path too long for a Unix socket (")


def test_paths_expand(tmp_path):
    environ = {"NODE_TYPE": "bootstrap", "HOME": str(tmp_path), "WHERE": "else"}
    text = "node: {data_dir: ~/n, key_file: '$HOME/${WHERE}/k'}\ndatabase: {data_dir: '/tmp/a$$b'}"
    config = validate_text("node", text, environ=environ).config
    assert config.node.data_dir == tmp_path / "n"
    assert config.node.key_file == tmp_path / "else/k"
    assert str(config.database.data_dir) == "/tmp/a$b"


def test_eight_mistakes_are_eight_lines(tmp_path):
    file = tmp_path / "node.yaml"
    file.write_text(EIGHT_MISTAKES)
    with pytest.raises(ConfigError) as caught:
        load_node(file, environ={})
    assert str(caught.value) == EIGHT_LINES


def test_problems_know_their_line():
    report = validate_text("node", "node:\n  type: X\n  listen_addresses:\n    - /x\n", environ={})
    assert [(problem.path, problem.line) for problem in report.problems] == [
        ("node.type", 2),
        ("node.listen_addresses[0]", 4),
    ]


def test_no_text_of_a_file_can_break_the_one_line_of_a_problem(node_lines):
    (line,) = node_lines({"logging.level": "a\nb\x1b[31m" + "x" * 1000})
    assert line.isprintable()
    assert len(line) < 250
