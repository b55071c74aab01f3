import ast
from pathlib import Path

import pytest
import yaml

from debros.config import load_gateway, notices, validate_file, validate_text
from debros.config.schema import CLIENT, GATEWAY, NODE, for_kind
from debros.config.unread import GATEWAY_UNREAD, NODE_UNREAD
from testkit.tls import self_signed

SOURCE = Path(__file__).parents[3] / "src/debros"


def written(tmp_path, text, mode):
    file = tmp_path / "gateway.yaml"
    file.write_text(text)
    file.chmod(mode)
    return file


# kind, key, a value other than the default, the one notice
UNREAD = [
    (
        "node",
        "node.solana_wallet",
        "1" * 32,
        "has no effect yet: the address is kept, and nothing pays rewards",
    ),
    (
        "node",
        "database.shard_count",
        8,
        "has no effect: rqlite replicates the whole database and does not shard",
    ),
    (
        "node",
        "database.max_database_size",
        0,
        "has no effect in this file: gateways hold the limit; set limits.max_database_size in gateway.yaml",
    ),
    (
        "node",
        "database.backup_interval",
        "12h",
        "makes no backups by itself: debros-host backup reads it, which the installer's debros-backup.timer runs",
    ),
    ("node", "discovery.node_namespace", "mine", "has no effect yet: node identifiers carry no namespace"),
]


def with_value(kind, key, value):
    document = {"node": {"type": "bootstrap"}} if kind == "node" else {}
    *sections, leaf = key.split(".")
    for section in sections:
        document.setdefault(section, {})
    place = document[sections[0]] if sections else document
    place[leaf] = value
    return validate_text(kind, yaml.safe_dump(document), environ={})


@pytest.mark.parametrize(("kind", "key", "value", "sentence"), UNREAD, ids=[row[1] for row in UNREAD])
def test_a_changed_value_that_nothing_acts_on_is_worth_one_word(kind, key, value, sentence):
    report = with_value(kind, key, value)
    assert report.problems == ()
    assert report.notices == (f"{key} {sentence}",)


@pytest.mark.parametrize(
    ("kind", "key"),
    [("node", path) for path in NODE_UNREAD] + [("gateway", path) for path in GATEWAY_UNREAD],
    ids=lambda value: value if isinstance(value, str) else ".".join(value),
)
def test_its_default_written_out_is_worth_none(kind, key):
    default = dict(for_kind(kind).leaves())[key]["default"]
    assert with_value(kind, ".".join(key), default).notices == ()


def test_tls_of_a_node(tmp_path):
    key, certificate = self_signed(tmp_path, "pair")
    key.chmod(0o600)
    value = {"enable_tls": True, "private_key_file": str(key), "certificate_file": str(certificate)}
    report = with_value("node", "security", value)
    assert report.problems == ()
    (notice,) = report.notices
    sentence = "has no effect on a node: libp2p encrypts with Noise, and rqlite with database.rqlite_tls_cert_file"
    assert notice == f"security.enable_tls {sentence}"
    assert with_value("gateway", "security", value).notices == ()


def test_every_other_key_is_read_by_some_program():
    read = set()
    for file in SOURCE.rglob("*.py"):
        if file.parent.name != "schema":
            tree = ast.parse(file.read_text(encoding="utf-8"))
            read |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    # A name that other sections have too cannot be told apart here; those that are one section's alone can.
    for schema, known in ((NODE, NODE_UNREAD), (GATEWAY, GATEWAY_UNREAD), (CLIENT, {})):
        leaves = {path for path, _ in schema.leaves() if path[-1] not in read}
        assert leaves <= set(known)


def test_a_gateway_open_to_all_is_worth_a_word():
    assert "require_auth is false" in validate_text("gateway", "require_auth: false", environ={}).notices[0]


def test_a_file_with_keys_that_others_can_read(tmp_path):
    file = written(tmp_path, "api_keys: ['k:ns']", 0o640)
    (notice,) = validate_file("gateway", file, environ={}).notices
    assert notice == f"{file} holds API keys and can be read by others; run: chmod 600 {file}"


def test_a_file_with_keys_that_only_its_owner_can_read(tmp_path):
    assert validate_file("gateway", written(tmp_path, "api_keys: ['k:ns']", 0o600), environ={}).notices == ()


def test_keys_from_the_environment_do_not_make_the_file_secret(tmp_path):
    file = written(tmp_path, "listen_addr: ':1'", 0o644)
    config = load_gateway(file, environ={"GATEWAY_API_KEYS": "k:ns"})
    assert notices(config, file) == []
