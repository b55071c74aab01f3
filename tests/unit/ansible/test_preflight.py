import os
import socket

import pytest
from ansible_collections.debros.network.plugins.action import preflight as controller
from ansible_collections.debros.network.plugins.module_utils import cluster_state, listeners, variables
from ansible_collections.debros.network.plugins.modules import preflight as host

SPECS = {
    "rqlite": {"rqlite_http_port": {"type": "int"}, "rqlite_third_party": {"type": "bool"}},
    "node": {"node_port": {"type": "int", "choices": [1, 2]}},
}


def test_unknown_variables_come_with_the_nearest_name() -> None:
    found = variables.unknown(["rqlite_http_prt", "node_exporter_port", "mine"], SPECS, ["node_exporter_*"])
    assert found == {"rqlite_http_prt": "rqlite_http_port"}
    assert variables.unknown(["node_zzz"], SPECS, []) == {"node_zzz": ""}


def test_values_of_the_wrong_kind() -> None:
    found = variables.misfits(SPECS, {"rqlite_http_port": "many", "node_port": 3, "rqlite_third_party": "yes"})
    assert len(found) == 2
    assert found[0].startswith("rqlite_http_port (role rqlite): ")
    assert "must be one of: 1, 2" in found[1]


def test_the_roles_own_specifications_can_be_read(root) -> None:
    specs = variables.specs(root / "roles")
    assert "debros_address" in specs["debros"]
    assert "node_config" in variables.own(root / "roles")
    assert variables.misfits(specs, {"rqlite_http_port": "5001", "backup_interval": "24h"}) == []


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("n1", "192.0.2.1"), ("n2", "192.0.2.1")], "n1 and n2 have the same address 192.0.2.1"),
        ([("n1", "2001:db8::1"), ("n2", "2001:db8:0::1")], "n1 and n2 have the same address 2001:db8::1"),
        ([("n1", "")], "n1: its address is not known"),
        ([("n1", "somewhere")], "n1: debros_address: 'somewhere' is not an IP address"),
        ([("n1", "127.0.0.1"), ("n2", "192.0.2.1")], "n1: 127.0.0.1 is this host's own loopback"),
        ([("n2", "192.0.2.1")], "n1 is not in the group debros of hosts.yml"),
    ],
)
def test_addresses(members, message) -> None:
    found = controller.address_problems([{"name": n, "address": a} for n, a in members], "n1", "hosts.yml")
    assert len(found) == 1
    assert found[0].startswith(message)
    assert "hosts.yml" in found[0] or "loopback" in found[0]


def test_good_addresses() -> None:
    members = [{"name": "n1", "address": "192.0.2.1"}, {"name": "n2", "address": "2001:db8::1"}]
    assert controller.address_problems(members, "n1", "hosts.yml") == []


@pytest.mark.parametrize(
    ("wallet", "good"),
    [
        ("", True),
        ("1" * 32, True),
        ("So11111111111111111111111111111111111111112", True),
        ("1" * 31, False),
        ("0x52908400098527886E0F7030069857D2E4169EE7", False),
        ("So1111111111111111111111111111111111111111", False),
    ],
)
def test_wallets(wallet, good) -> None:
    assert (controller.wallet_problem(wallet) == "") is good


def test_quorum() -> None:
    lost = {"leader": "", "voters": ["n1", "n2", "n3"]}
    found = controller.quorum_problem(lost, ["n1"])
    assert found.startswith("quorum: the cluster of n1, n2, n3 has no leader, and n2, n3 cannot be reached")
    assert controller.quorum_problem(lost, ["n1", "n2"]) == ""  # this run can start them
    assert controller.quorum_problem({"leader": "n1", "voters": ["n1", "n2", "n3"]}, ["n1"]) == ""
    assert controller.quorum_problem({"leader": "", "voters": []}, ["n1"]) == ""  # no cluster yet


def test_members_that_the_inventory_does_not_know() -> None:
    running = {"members": {"n1": "192.0.2.1:7001", "n3": "192.0.2.3:7001"}}
    (found,) = controller.stranger_problems(running, ["n1", "n2"], "hosts.yml")
    assert found.startswith("member n3 (192.0.2.3:7001) of the running cluster is not in hosts.yml")
    assert found.endswith("ansible-playbook ansible/remove-node.yml -i … -e node=n3")
    assert controller.stranger_problems({"members": {}}, ["n1"], "hosts.yml") == []


def test_secrets_of_another_cluster() -> None:
    assert controller.authority_problem("", "", "/s") == controller.authority_problem("A", "A\n", "/s") == ""
    one, two = (f"-----BEGIN CERTIFICATE-----\n{each}\n-----END CERTIFICATE-----\n" for each in "12")
    assert (
        controller.authority_problem(one, one + two, "/s") == controller.authority_problem(one + two, two, "/s") == ""
    )
    assert "but /s holds those of another cluster" in controller.authority_problem(one, two, "/s")
    assert "but /s is empty" in controller.authority_problem("A", "", "/s")
    assert "but /s holds those of another cluster" in controller.authority_problem("A", "B", "/s")


@pytest.mark.parametrize(
    ("release", "good"),
    [
        ('ID=debian\nVERSION_ID="12"', True),
        ('ID=debian\nVERSION_ID="13"', True),
        ('ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"', False),
        ("ID=debian\nPRETTY_NAME=Debian sid", False),
        ('ID=ubuntu\nVERSION_ID="24.04"', True),
        ('ID=ubuntu\nVERSION_ID="22.04"', False),
        ('ID=fedora\nVERSION_ID=43\nPRETTY_NAME="Fedora Linux 43"', False),
        ("", False),
    ],
)
def test_operating_systems(release, good) -> None:
    found = host.operating_system(release)
    assert (found == []) is good
    if "PRETTY" in release:
        assert release.split("PRETTY_NAME=")[1].strip('"') in found[0]


def test_a_foreign_address() -> None:
    (found,) = host.address_problems("192.0.2.1")
    assert found.startswith("debros_address: 192.0.2.1 is not an address of this host")
    assert host.address_problems("127.0.0.1") == []


def test_a_taken_port_is_named_with_its_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (found,) = listeners.strangers(port)
        assert f"(process {os.getpid()})" in found
        assert host.port_problems({"gateway": port})[0].startswith(f"port {port} (gateway): taken by ")
    assert host.port_problems({"gateway": port}) == []


def test_no_database_is_no_problem(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    nothing = {"running": False, "leader": "", "voters": [], "members": {}}
    assert cluster_state.ask(port, tmp_path / "none") == nothing


@pytest.mark.parametrize("allowed", [[], ["192.0.2.1"], ["10.0.0.0/24", "2001:db8::/64"]])
def test_who_may_reach_the_database(allowed) -> None:
    assert controller.database_door_problems(allowed) == []


@pytest.mark.parametrize(("entry", "word"), [("any", "everybody"), ("0.0.0.0/0", "everybody"), ("::/0", "everybody")])
def test_everybody_may_not_reach_the_database(entry, word) -> None:
    (problem,) = controller.database_door_problems(["192.0.2.1", entry])
    assert word in problem
    assert "private network" in problem


def test_a_name_is_no_address() -> None:
    (problem,) = controller.database_door_problems(["db.example"])
    assert "'db.example' is not an IP address" in problem
