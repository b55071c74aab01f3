"""Rules about rqlite's cluster: whom it joins, as whom, with which certificates."""

import json
from pathlib import Path

import pytest

from debros.config import load_node, validate_text
from testkit.tls import Authority, self_signed

OWN = "192.0.2.1"
THREE = "192.0.2.1:7001,192.0.2.2:7001,192.0.2.3:7001"


@pytest.fixture
def lines(node_lines):
    """Problems of a node at 192.0.2.1 after changes to its section `database`."""

    def ask(changes, **options):
        prefixed = {f"database.rqlite_{key}": value for key, value in changes.items()}
        return node_lines({"discovery.raft_adv_address": OWN, **prefixed}, **options)

    return ask


@pytest.mark.parametrize(
    "changes",
    [
        {"join_address": "192.0.2.2:7001"},
        {"join_address": "192.0.2.2:7001, 192.0.2.3:7001"},
        {"join_address": THREE, "bootstrap_expect": 3},
        {"join_address": THREE, "bootstrap_expect": 2},
        {"join_address": f"{OWN}:7001", "bootstrap_expect": 1},
    ],
)
def test_good_lists(lines, changes):
    assert lines(changes) == []


@pytest.mark.parametrize(
    ("join", "problem"),
    [
        ("192.0.2.2", "invalid format; expected host:port"),
        ("192.0.2.2:7001,h", 'invalid format; expected host:port (entry 2: "h")'),
        ("192.0.2.2:7001,", 'invalid format; expected host:port (entry 2: "")'),
        ("a:1,b:99999", 'invalid TCP port 99999; port must be between 1 and 65535 (entry 2: "b:99999")'),
        ("a.example:1,b:1,A.example:1", 'duplicate address "A.example:1"; name each member once'),
        ("[2001:db8::1]:1,[2001:db8:0::1]:1", 'duplicate address "[2001:db8:0::1]:1"; name each member once'),
    ],
)
def test_bad_lists(lines, join, problem):
    assert lines({"join_address": join}) == [f"database.rqlite_join_address: {problem}"]


def test_a_list_is_kept_without_blanks():
    config = load_node(None, environ={"RQLITE_JOIN_ADDRESS": "a:1 , b:2"})
    assert config.database.rqlite_join_address == "a:1,b:2"


def test_nobody_joins_only_itself(lines):
    assert lines({"join_address": THREE}) == [
        (
            "database.rqlite_join_address: 192.0.2.1:7001 is this node itself; "
            "name another member, or set database.rqlite_bootstrap_expect"
        )
    ]


def test_who_forms_a_cluster_counts_itself(lines):
    assert lines({"join_address": "192.0.2.2:7001,192.0.2.3:7001", "bootstrap_expect": 2}) == [
        "database.rqlite_join_address: must name this node itself too with rqlite_bootstrap_expect; add 192.0.2.1:7001"
    ]


def test_the_address_it_listens_on_is_its_own_too(lines):
    assert lines({"join_address": "10.0.0.9:7001", "raft_listen": "10.0.0.9:7001", "bootstrap_expect": 1}) == []


def test_no_more_first_voters_than_are_named(lines):
    assert lines({"join_address": THREE, "bootstrap_expect": 4}) == [
        "database.rqlite_bootstrap_expect: must not be larger than the list in database.rqlite_join_address (3); got 4"
    ]


def test_a_bootstrap_node_has_no_list(lines):
    changes = {"join_address": "", "bootstrap_expect": 1}
    assert lines(changes) == [
        "database.rqlite_join_address: required for node type (non-bootstrap)",
        "database.rqlite_bootstrap_expect: must not be larger than the list in database.rqlite_join_address (0); got 1",
    ]


@pytest.fixture
def auth(tmp_path):
    path = tmp_path / "auth.json"
    path.touch(0o600)
    users = [
        {"username": "cluster", "password": "x", "perms": ["join"]},
        {"username": "node", "password": "x", "perms": ["status"]},
    ]
    path.write_text(json.dumps(users))
    return str(path)


def test_it_joins_as_a_user_who_may(lines, auth):
    join = {"join_address": "192.0.2.2:7001", "auth_file": auth}
    assert lines(join) == []
    assert lines({**join, "join_as": "nobody"}) == [
        "database.rqlite_join_as: no user nobody in database.rqlite_auth_file; add it, or name another"
    ]
    assert lines({**join, "join_as": "node"}) == [
        'database.rqlite_join_as: node has no permission to join; add "join" to its perms in rqlite_auth_file'
    ]


@pytest.fixture
def tls(tmp_path):
    authority = Authority(tmp_path / "ca")
    key, certificate = authority.issue("h1")
    return {"tls_cert_file": str(certificate), "tls_key_file": str(key), "tls_ca_file": str(authority.certificate)}


JOIN = {"join_address": "192.0.2.2:7001"}


def test_three_files_that_fit(lines, tls):
    assert lines(JOIN | tls) == []


def test_all_three_or_none(lines, tls):
    assert lines(JOIN | {"tls_cert_file": tls["tls_cert_file"]}) == [
        "database.rqlite_tls_key_file: required with the other two rqlite_tls files",
        "database.rqlite_tls_ca_file: required with the other two rqlite_tls files",
    ]


def test_the_key_of_another_certificate(lines, tls, tmp_path):
    other, _ = self_signed(tmp_path, "other")
    other.chmod(0o600)
    assert lines(JOIN | tls | {"tls_key_file": str(other)}) == [
        (
            "database.rqlite_tls_cert_file: does not belong to database.rqlite_tls_key_file; "
            "give the two halves of one pair"
        )
    ]


def test_the_certificate_of_another_authority(lines, tls, tmp_path):
    other = Authority(tmp_path / "other").certificate
    assert lines(JOIN | tls | {"tls_ca_file": str(other)}) == [
        (
            "database.rqlite_tls_cert_file: was not signed by database.rqlite_tls_ca_file; "
            "give the authority that signed it"
        )
    ]


def test_one_of_several_authorities_is_enough(lines, tls, tmp_path):
    both = tmp_path / "both.crt"
    own = Path(tls["tls_ca_file"]).read_text()
    both.write_text(Authority(tmp_path / "other").certificate.read_text() + own)
    assert lines(JOIN | tls | {"tls_ca_file": str(both)}) == []


def test_a_certificate_without_the_name(lines, tls):
    assert lines(JOIN | tls | {"tls_server_name": "else.example"}) == [
        "database.rqlite_tls_cert_file: does not carry the DNS name else.example; make a certificate that does"
    ]


def test_files_that_are_something_else(lines, tls):
    wrong = {"tls_ca_file": tls["tls_key_file"]}
    assert lines(JOIN | tls | wrong) == [
        f"database.rqlite_tls_ca_file: {tls['tls_key_file']} is not a PEM certificate; give a PEM file"
    ]


def test_a_private_key_that_everybody_can_read(lines, tls, tmp_path):
    key = tmp_path / "ca" / "h1.key"
    key.chmod(0o644)
    assert lines(JOIN | tls) == [
        f"database.rqlite_tls_key_file: {key} holds a secret and everybody can read it; run: chmod 600 {key}"
    ]


@pytest.mark.parametrize(
    ("program", "wrong"),
    [
        ("node", ["auth_file", "tls_cert_file", "tls_key_file", "tls_ca_file"]),
        ("rqlited", ["credentials_file"]),
    ],
)
def test_a_program_looks_only_at_its_own_files(lines, tls, auth, program, wrong):
    # Under systemd each service sees its own credentials only, although both read one file.
    files = JOIN | tls | {"auth_file": auth} | dict.fromkeys(wrong, "$CREDENTIALS_DIRECTORY/absent")
    environ = {"CREDENTIALS_DIRECTORY": "/run/credentials/x.service"}
    assert lines(files, environ=environ, program=program) == []
    assert len(lines(files, environ=environ)) == len(wrong)


@pytest.mark.parametrize(("program", "section"), [("node", "database"), ("rqlited", "node")])
def test_a_program_looks_only_at_its_own_directory(program, section):
    if section == "node":
        text = "database: {rqlite_join_address: 'a:1'}\nnode: {data_dir: /dev/null}"
    else:
        text = "database: {rqlite_join_address: 'a:1', data_dir: /dev/null}"
    assert validate_text("node", text, environ={}, program=program).problems == ()
    assert len(validate_text("node", text, environ={}).problems) == 1


def test_rqlite_listens_for_others_only_with_passwords(lines, tmp_path):
    for listens in ("0.0.0.0", "::"):
        (problem,) = lines({"http_listen": listens})
        assert problem.startswith("database.rqlite_http_listen: ")
        assert "needs database.rqlite_auth_file" in problem
    assert "must be one of" in lines({"http_listen": "192.0.2.1"})[0]
    file = tmp_path / "auth.json"
    users = [{"username": "cluster", "password": "x", "perms": ["join"]}, {"username": "*", "perms": ["ready"]}]
    file.write_text(json.dumps(users))
    file.chmod(0o600)
    listening = {"http_listen": "0.0.0.0", "auth_file": str(file)}
    assert lines(listening, program="rqlited") == []
    users[1]["perms"] += ["query", "status"]
    file.write_text(json.dumps(users))
    (problem,) = lines(listening, program="rqlited")
    assert "lets everybody query, status without a password" in problem
