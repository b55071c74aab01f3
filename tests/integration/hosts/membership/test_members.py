"""The list of members: hosts hear of it, and invites are made for those who shall be in it."""

import json
import time
from importlib import metadata

import pytest

from testkit.guests import PEERS
from testkit.patience import wait_until

NODE = "debros-node.service"


@pytest.fixture
def node(host):
    bell = host.home / "members.json"
    bell.unlink(missing_ok=True)
    host.systemctl("restart", NODE)
    yield bell
    host.systemctl("stop", NODE)


def test_the_node_rings_when_the_list_changes(host, node) -> None:
    said = json.loads(wait_until(lambda: node.exists() and node.read_text()))
    assert [member["name"] for member in said["members"]] == [host.name]
    assert oct(node.stat().st_mode)[-3:] == "644"
    before = node.stat().st_ino
    host.enter("n2", "192.0.2.2")
    wait_until(lambda: node.stat().st_ino != before)
    assert [member["name"] for member in json.loads(node.read_text())["members"]] == [host.name, "n2"]
    before = node.stat().st_ino
    host.write(["UPDATE _gw_members SET peer_id = ? WHERE name = 'n2'", PEERS[0]])
    wait_until(lambda: node.stat().st_ino != before)
    assert json.loads(node.read_text())["members"][1]["peer_id"] == PEERS[0]


def test_the_node_does_not_ring_for_an_empty_list_a_missing_table_or_nonsense(host, node) -> None:
    log = host.home / "bin" / f"{NODE}.log"
    wait_until(node.exists)
    host.write("UPDATE _gw_members SET address = 'nonsense'")
    wait_until(lambda: "cannot be followed" in log.read_text())
    host.write("DELETE FROM _gw_members")
    node.unlink()
    host.write("ALTER TABLE _gw_members RENAME TO _gw_hidden")
    try:
        host.systemctl("restart", NODE)
        wait_until(lambda: log.read_text().count("rqlite is ready") >= 2)
        time.sleep(1)
        assert not node.exists()
    finally:
        host.write("ALTER TABLE _gw_hidden RENAME TO _gw_members")


def test_gateways_without_a_node_are_followed_and_do_not_hinder_the_list(host, node) -> None:
    log = host.home / "bin" / f"{NODE}.log"
    wait_until(node.exists)
    host.write(["INSERT INTO _gw_clients (peer_id, seen_at) VALUES (?, ?)", PEERS[1], time.time_ns() // 1_000_000])
    wait_until(lambda: PEERS[1] in log.read_text())
    host.write("ALTER TABLE _gw_clients RENAME TO _gw_hidden")  # as under an older gateway
    try:
        before = node.stat().st_ino
        host.enter("n3", "192.0.2.3")
        wait_until(lambda: node.stat().st_ino != before)
    finally:
        host.write("ALTER TABLE _gw_hidden RENAME TO _gw_clients")
    host.write("UPDATE _gw_clients SET seen_at = 0")
    wait_until(lambda: "peers=[]" in log.read_text())


def test_a_cluster_without_a_list(host) -> None:
    host.write("DELETE FROM _gw_members")
    assert host.json("members") == {"members": []}
    assert b"no list of members" in host.run("members", "list").stdout
    assert host.json("members", "announce", "--etc", str(host.etc))["changed"] is False
    assert host.members == []


def test_under_an_older_gateway_there_is_no_list_and_no_invite(host) -> None:
    host.write("ALTER TABLE _gw_members RENAME TO away")
    try:
        assert host.json("members") == {"members": []}
        done = host.invite()
        assert done.returncode == 1
        assert "no table for its members yet; the gateway makes it" in done.stderr
    finally:
        host.write("ALTER TABLE away RENAME TO _gw_members")


def test_a_fleet_with_a_controller_takes_no_invites(host) -> None:
    key = host.etc / "secrets" / "ca.key"
    key.rename(key.with_name("away"))
    try:
        done = host.invite()
        assert done.returncode == 1
        assert done.stdout == ""
        assert "does not have the cluster's authority" in done.stderr
        assert "ansible-playbook site.yml -i INVENTORY" in done.stderr
        assert host.json("members", "announce", "--etc", str(host.etc), code=1)["code"] == "not_self_managed"
    finally:
        key.with_name("away").rename(key)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--ttl", "30s"], "1m to 1h"),
        (["--ttl", "2h"], "1m to 1h"),
        (["--address", "a b"], "no IP address and no DNS name"),
        (["--port", "80"], "1024"),
    ],
)
def test_an_invite_that_makes_no_sense_is_wrong_usage(host, words, said) -> None:
    done = host.invite(*words, port=None if "--port" not in words else 7002)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_door_that_does_not_open_leaves_no_invite(host) -> None:
    before = host.invites()
    done = host.invite(port=host.http)  # rqlite listens there, on loopback only; the door wants all addresses
    assert done.returncode == 1
    assert "debros-enrol.service does not start" in done.stderr
    assert host.invites() == before


def test_an_invite_as_json_and_what_to_do_with_it(host) -> None:
    done = host.invite("--format", "json", "--ttl", "1h", "--address", "member.example")
    document = json.loads(done.stdout)
    assert document["invite"].startswith("debros1-")
    assert document["address"].startswith("member.example:")
    assert document["members"] == 1
    done = host.invite()
    assert f"sudo bash -s -- --version {metadata.version('debros')} --join {done.stdout.strip()}" in done.stderr
    assert "30 min" in done.stderr
    assert "Add two" in done.stderr
    host.systemctl("stop", "debros-enrol.service")
