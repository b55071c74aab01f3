"""The command line, word for word, for each line of rqlite versions we run."""

from pathlib import Path

import pytest

from debros.rqlite.binary import Binary
from debros.rqlite.command import CommandError, command, standalone
from debros.rqlite.version import Version
from testkit.nodeconfig import node_config

FOREVER = ["-join-attempts", "400000000", "-join-interval", "3s"]


def binary(*version):
    return Binary(Path("/opt/debros/bin/rqlited"), Version(*version), "0" * 64, "configured")


def config(*, node_id="n1", database=None, discovery=None):
    return node_config(Path("/data"), node={"id": node_id}, database=database, discovery=discovery)


def raft(line):
    """Return (listen, advertised) of a command line."""
    return line[line.index("-raft-addr") + 1], line[line.index("-raft-adv-addr") + 1]


@pytest.mark.parametrize(
    ("version", "heartbeat"),
    [
        ((8, 26, 0), "-raft-timeout"),
        ((9, 4, 5), "-raft-timeout"),
        ((10, 2, 7), "-raft-heartbeat-timeout"),
    ],
)
def test_a_bootstrap_node(version, heartbeat):
    assert command(config(), binary(*version)) == [
        "/opt/debros/bin/rqlited",
        "-node-id", "n1",
        "-http-addr", "127.0.0.1:5001",
        "-http-adv-addr", "127.0.0.1:5001",
        "-raft-addr", "127.0.0.1:7001",
        "-raft-adv-addr", "127.0.0.1:7001",
        heartbeat, "1s",
        "-raft-election-timeout", "1s",
        "/data/db",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "heartbeat"),
    [
        ((8, 26, 0), "-raft-timeout"),
        ((9, 4, 5), "-raft-timeout"),
        ((10, 2, 7), "-raft-heartbeat-timeout"),
    ],
)
def test_a_replica_of_a_production_cluster(version, heartbeat):
    settings = config(
        node_id="",
        database={"rqlite_port": 5002, "rqlite_raft_port": 7002, "rqlite_join_address": "10.0.0.1:7001"},
        discovery={"raft_adv_address": "10.0.0.2", "http_adv_address": "10.0.0.2"},
    )
    assert command(settings, binary(*version), node_id="12D3KooWx", voter=False) == [
        "/opt/debros/bin/rqlited",
        "-node-id", "12D3KooWx",
        "-http-addr", "127.0.0.1:5002",
        "-http-adv-addr", "10.0.0.2:5002",
        "-raft-addr", "10.0.0.2:7002",
        "-raft-adv-addr", "10.0.0.2:7002",
        heartbeat, "1s",
        "-raft-election-timeout", "1s",
        "-join", "10.0.0.1:7001",
        *FOREVER,
        "-raft-non-voter",
        "/data/db",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("advertised", "listen", "expected"),
    [
        ("", "", ("127.0.0.1:7001", "127.0.0.1:7001")),
        ("10.0.0.2", "", ("10.0.0.2:7001", "10.0.0.2:7001")),
        ("10.0.0.2:9001", "", ("10.0.0.2:7001", "10.0.0.2:9001")),
        ("db1.example.org", "", ("0.0.0.0:7001", "db1.example.org:7001")),
        ("db1.example.org:9001", "192.168.1.5", ("192.168.1.5:7001", "db1.example.org:9001")),
        ("203.0.113.9", "0.0.0.0:7005", ("0.0.0.0:7005", "203.0.113.9:7001")),
        ("fd00::2", "", ("[fd00::2]:7001", "[fd00::2]:7001")),
        ("[fd00::2]", "", ("[fd00::2]:7001", "[fd00::2]:7001")),
        ("[fd00::2]:9001", "[::]:7001", ("[::]:7001", "[fd00::2]:9001")),
    ],
)
def test_raft_listens_as_narrowly_as_its_advertised_address_allows(advertised, listen, expected):
    settings = config(discovery={"raft_adv_address": advertised}, database={"rqlite_raft_listen": listen})
    assert raft(command(settings, binary(10, 2, 7))) == expected


def test_the_http_api_never_leaves_loopback():
    settings = config(discovery={"raft_adv_address": "10.0.0.2", "http_adv_address": "db1.example.org:80"})
    line = command(settings, binary(10, 2, 7))
    assert line[line.index("-http-addr") + 1] == "127.0.0.1:5001"
    assert line[line.index("-http-adv-addr") + 1] == "db1.example.org:80"


@pytest.mark.parametrize(
    ("settings", "options", "message"),
    [
        (config(node_id=""), {}, "node.id: rqlite needs an id"),
        (config(database={"rqlite_join_address": "127.0.0.1:7001"}), {}, "127.0.0.1:7001 is this node itself"),
        (config(database={"rqlite_join_address": "10.0.0.1:7001,127.0.0.1:7001"}), {}, "127.0.0.1:7001 is this node"),
        (
            config(database={"rqlite_join_address": "127.0.0.1:7001", "rqlite_bootstrap_expect": 1}),
            {"voter": False},
            "database.rqlite_bootstrap_expect: a read-only replica only joins; set it to 0",
        ),
        (config(), {"voter": False}, "database.rqlite_join_address: a read-only replica needs a cluster"),
        (
            config(discovery={"raft_adv_address": "h:80", "http_adv_address": "h:80"}),
            {},
            "discovery.raft_adv_address: must differ from discovery.http_adv_address",
        ),
    ],
)
def test_configurations_without_a_valid_command_line(settings, options, message):
    with pytest.raises(CommandError) as caught:
        command(settings, binary(10, 2, 7), **options)
    assert message in str(caught.value)


THREE = {"rqlite_join_address": "10.0.0.1:7001,10.0.0.2:7001,10.0.0.3:7001", "rqlite_bootstrap_expect": 3}


def test_a_first_voter_waits_for_the_others():
    settings = config(database=THREE, discovery={"raft_adv_address": "10.0.0.2"})
    line = command(settings, binary(10, 2, 7))
    assert line[-7:-1] == [
        "-bootstrap-expect", "3", "-bootstrap-expect-timeout", "87600h", "-join", THREE["rqlite_join_address"],
    ]  # fmt: skip


def test_a_member_needs_no_cluster_flag_and_gets_none():
    line = command(config(database=THREE), binary(10, 2, 7), member=True)
    assert not {"-join", "-bootstrap-expect", "-join-attempts"} & set(line)


def test_a_member_that_was_taken_out_joins_the_others_again():
    line = command(config(database=THREE), binary(10, 2, 7), member=True, rejoin=True)
    everybody = THREE["rqlite_join_address"].split(",")
    own = line[line.index("-raft-adv-addr") + 1]
    assert "-bootstrap-expect" not in line
    assert line[line.index("-join") + 1].split(",") == [address for address in everybody if address != own]
    # One that never was a member comes as a new one, whatever was noted.
    new = command(config(database=THREE), binary(10, 2, 7), rejoin=True)
    assert new == command(config(database=THREE), binary(10, 2, 7))


def test_a_member_that_only_joins_keeps_its_join_flag():
    settings = config(database={"rqlite_join_address": "10.0.0.1:7001"})
    assert command(settings, binary(10, 2, 7), member=True) == command(settings, binary(10, 2, 7))


def test_several_to_join_are_one_argument():
    line = command(config(database={"rqlite_join_address": "10.0.0.1:7001,10.0.0.3:7001"}), binary(10, 2, 7))
    assert line[line.index("-join") + 1] == "10.0.0.1:7001,10.0.0.3:7001"


def test_passwords_and_certificates_are_files_on_the_command_line():
    keys = Path("/run/credentials/debros-rqlite.service")
    settings = config(
        database={
            "rqlite_auth_file": keys / "rqlite-auth.json",
            "rqlite_tls_cert_file": keys / "raft.crt",
            "rqlite_tls_key_file": keys / "raft.key",
            "rqlite_tls_ca_file": keys / "raft-ca.crt",
        }
    )
    assert command(settings, binary(8, 26, 0))[15:-1] == [
        "-auth", f"{keys}/rqlite-auth.json", "-join-as", "cluster",
        "-node-cert", f"{keys}/raft.crt", "-node-key", f"{keys}/raft.key", "-node-ca-cert", f"{keys}/raft-ca.crt",
        "-node-verify-client", "-node-verify-server-name", "debros-raft",
    ]  # fmt: skip


@pytest.mark.parametrize(("listens", "address"), [("0.0.0.0", "0.0.0.0:5001"), ("::", "[::]:5001")])
def test_the_http_api_for_others(listens, address):
    line = command(config(database={"rqlite_http_listen": listens}), binary(10, 2, 7))
    assert line[line.index("-http-addr") + 1] == address
    assert line[line.index("-http-adv-addr") + 1] == "127.0.0.1:5001"


def test_one_that_makes_data_for_others():
    line = standalone(
        binary(8, 26, 0),
        "n1",
        http=1,
        raft=2,
        advertised="10.0.0.1:7001",
        auth=Path("/w/auth.json"),
        data=Path("/w/db"),
    )
    assert line == [
        "/opt/debros/bin/rqlited",
        "-node-id", "n1",
        "-http-addr", "127.0.0.1:1",
        "-raft-addr", "127.0.0.1:2",
        "-raft-adv-addr", "10.0.0.1:7001",
        "-auth", "/w/auth.json",
        "/w/db",
    ]  # fmt: skip
