import pytest

from debros.config import detect_kind, sample, validate_text

ENVIRON: dict[str, str] = {}


def test_a_node_with_everything_that_config_init_takes():
    overrides = {
        "id": "n2",
        "listen_port": 4002,
        "rqlite_http_port": 5002,
        "rqlite_raft_port": 7002,
        "join": "[::1]:7001",
        "bootstrap_peers": ["192.0.2.1", "boot.example.com"],
    }
    report = validate_text("node", sample("node", overrides), environ=ENVIRON)
    assert report.problems == ()
    config = report.config
    assert (config.node.id, config.node.listen_addresses) == ("n2", ["/ip4/0.0.0.0/tcp/4002"])
    assert (config.database.rqlite_port, config.database.rqlite_raft_port) == (5002, 7002)
    assert config.database.rqlite_join_address == "[::1]:7001"
    assert config.discovery.bootstrap_peers == ["192.0.2.1", "boot.example.com"]


def test_a_bootstrap_node_needs_nothing():
    assert validate_text("bootstrap", sample("bootstrap"), environ=ENVIRON).config.node.type == "bootstrap"


def test_a_gateway():
    text = sample("gateway", {"listen_port": 6002, "rqlite_http_port": 5002, "api_keys": ["k:ns"]})
    config = validate_text("gateway", text, environ=ENVIRON).config
    assert (config.listen_addr, config.rqlite_dsn) == (":6002", "http://localhost:5002")
    assert config.api_keys[0].namespace == "ns"


def test_a_node_without_a_join_address_is_told_by_validation():
    problems = validate_text("node", sample("node", {"join": None}), environ=ENVIRON).problems
    assert [str(problem) for problem in problems] == [
        "database.rqlite_join_address: required for node type (non-bootstrap)"
    ]


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a: b # c", "{x}", "é", "a\nb", "'"])
def test_no_value_can_break_out_of_its_place(value):
    report = validate_text("bootstrap", sample("bootstrap", {"logging.output_file": value}), environ=ENVIRON)
    assert report.problems == ()
    assert str(report.config.logging.output_file) == value


@pytest.mark.parametrize(
    ("kind", "name"), [("gateway", "join"), ("gateway", "id"), ("node", "nope"), ("client", "listen_port")]
)
def test_an_option_that_does_not_apply(kind, name):
    with pytest.raises(ValueError, match=f"{name} does not apply to a configuration of kind {kind}"):
        sample(kind, {name: "x"})


@pytest.mark.parametrize("kind", ["node", "bootstrap", "gateway", "client"])
def test_the_kind_of_a_file_is_told_by_its_keys(kind):
    assert detect_kind(sample(kind)) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a",
        "a: [",
        "logging: {}",
        "security: {}\nlogging: {}",
        "node: {}\napi_keys: []",
        "api_keys: []\ntimeout: 1s",
    ],
)
def test_keys_that_do_not_tell(text):
    assert detect_kind(text) is None
