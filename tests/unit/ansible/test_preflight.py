import os
import socket

import pytest
import yaml
from ansible_collections.debros.network.plugins.action import preflight as controller
from ansible_collections.debros.network.plugins.module_utils import cluster_state, listeners, pki, variables
from ansible_collections.debros.network.plugins.modules import preflight as host
from cryptography.hazmat.primitives import serialization

SPECS = {
    "rqlite": {"rqlite_http_port": {"type": "int"}, "rqlite_third_party": {"type": "bool"}},
    "node": {"node_port": {"type": "int", "choices": [1, 2]}},
}


def test_unknown_variables_come_with_the_nearest_name() -> None:
    found = variables.unknown(["rqlite_http_prt", "node_exporter_port", "mine"], SPECS, ["node_exporter_*"])
    assert found == {"rqlite_http_prt": "rqlite_http_port"}
    assert variables.unknown(["node_zzz"], SPECS, []) == {"node_zzz": ""}


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("gatway_public", "gateway_public"),
        ("firewal_enabled", "firewall_enabled"),
        ("debro_replication_factor", "debros_replication_factor"),
        ("backups_keep", "backup_keep"),
    ],
)
def test_a_slip_in_the_name_of_the_role_is_seen_too(root, slip, meant) -> None:
    assert variables.unknown([slip], variables.specs(root / "roles"), []) == {slip: meant}
    assert variables.unknown([slip], variables.specs(root / "roles"), [slip]) == {}


def test_variables_of_others_are_theirs(root) -> None:
    ansible = "ansible_port ansible_host groups hostvars inventory_dir inventory_file playbook_dir role_path omit"
    ours = "node restore_file restore_from restore_backup uninstall_purge remove_purge fetch_to fleet_nodes __node_unit"
    theirs = "bed_net nodejs_port redis_port firewalld_zone domain backups admin_user"
    names = f"{ansible} {ours} {theirs}".split()
    assert variables.unknown(names, variables.specs(root / "roles"), []) == {}


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
    (found,) = controller.stranger_problems(running, ["n1", "n2"], [], "hosts.yml")
    assert found.startswith("member n3 (192.0.2.3:7001) of the running cluster is not in hosts.yml")
    assert found.endswith("ansible-playbook ansible/remove-node.yml -i … -e node=n3")
    assert controller.stranger_problems({"members": {}}, ["n1"], [], "hosts.yml") == []
    (found,) = controller.stranger_problems(running, ["n1", "n2"], ["n3"], "hosts.yml")
    assert "has debros_gateway_only in hosts.yml; take that line away, or take it out of the cluster: " in found


def test_a_member_does_not_become_a_gateway_alone_at_once() -> None:
    assert controller.gateway_only_problems("n3", database=False, self_managed=False) == []
    (found,) = controller.gateway_only_problems("n3", database=True, self_managed=False)
    assert "ansible-playbook ansible/remove-node.yml -i … -e node=n3, then run this again" in found
    (found,) = controller.gateway_only_problems("n3", database=False, self_managed=True)
    assert "let a controller take the cluster over first" in found


def test_a_gateway_alone_needs_a_private_way_to_the_databases() -> None:
    def judged(gateway, database, allowed=()):
        members, gateways = [{"name": "n1", "address": database}], [{"name": "g1", "address": gateway}]
        return controller.plain_text_problems(members, gateways, list(allowed))

    assert judged("10.0.0.4", "10.0.0.1") == judged("fd00::4", "fd00::1") == judged("", "somewhere") == []
    for gateway, database, named in (
        ("9.9.9.9", "10.0.0.1", "g1 (9.9.9.9) would"),
        ("10.0.0.4", "9.9.9.9", "n1 (9.9.9.9) would"),
        ("2620:fe::9", "2620:fe::fe", "g1 (2620:fe::9), n1 (2620:fe::fe) would"),
    ):
        (found,) = judged(gateway, database)
        assert named in found
        assert found.endswith(f"add:  rqlite_http_allowed_from: [{gateway}]")
        assert judged(gateway, database, [gateway]) == []


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


def test_bits_of_a_host_in_a_network_are_told_before_the_firewall_does() -> None:
    (problem,) = controller.database_door_problems(["10.0.0.1/24"])
    assert "did you mean 10.0.0.0/24?" in problem


@pytest.fixture
def pair(tmp_path):
    """Certificate and key in one file each, as a key and as one of another pair."""
    found = {}
    for name in ("own", "other"):
        key = pki.new_key()
        found[name] = (tmp_path / f"{name}.crt", tmp_path / f"{name}.key")
        found[name][0].write_text(pki.new_ca(key))
        found[name][1].write_text(key)
    return found


def test_the_gateways_certificate_and_key_must_be_there_and_fit(tmp_path, pair) -> None:
    certificate, key = map(str, pair["own"])
    assert host.tls_problems(certificate, key) == []
    (problem,) = host.tls_problems(certificate, str(pair["other"][1]))
    assert problem.startswith("gateway_tls_certificate_file, gateway_tls_private_key_file: ")
    (problem,) = host.tls_problems(str(tmp_path / "none.crt"), key)
    assert problem.startswith(f"gateway_tls_certificate_file: {tmp_path}/none.crt: No such file")
    (problem,) = host.tls_problems(certificate, str(tmp_path))
    assert problem.startswith(f"gateway_tls_private_key_file: {tmp_path}: Is a directory")
    assert "no PEM" in host.tls_problems(key, key)[0]


def test_a_key_with_a_passphrase_is_refused_without_a_question(pair) -> None:
    certificate, key = pair["own"]
    locked = serialization.load_pem_private_key(key.read_bytes(), None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    key.write_bytes(locked)
    (problem,) = host.tls_problems(str(certificate), str(key))
    assert "without a passphrase" in problem


def test_a_link_into_our_directory_is_followed(tmp_path, pair) -> None:
    (tmp_path / "here.crt").symlink_to("/opt/debros/keys/gateway-tls.crt")
    (problem,) = host.tls_problems(str(tmp_path / "here.crt"), str(pair["own"][1]))
    assert "leads to /opt/debros/keys/gateway-tls.crt" in problem


def test_the_database_is_asked_at_its_own_port(root) -> None:
    (task,) = yaml.safe_load((root / "roles/common/tasks/preflight.yml").read_text())
    assert task["debros.network.preflight"]["rqlite_port"] == "{{ rqlite_http_port }}"


PLAY = """
- hosts: debros
  gather_facts: false
  roles:
    - {role: debros.network.common}
    - {role: debros.network.debros, when: false}
    - {role: debros.network.rqlite, when: false}
    - {role: debros.network.node, when: false}
    - {role: debros.network.gateway, when: false}
    - {role: debros.network.firewall, when: false}
    - {role: debros.network.backup, when: false}
"""


def test_controller_and_host_name_everything_at_once(playbook, tmp_path) -> None:
    (tmp_path / "play.yml").write_text(PLAY)
    settings = {
        "debros_address": "127.0.0.1",
        "gatway_public": False,
        "gateway_allowed_from": ["192.0.2.1"],
        "backup_interval": "bananas",
        "gateway_tls_certificate_file": str(tmp_path / "none.crt"),
        "gateway_tls_private_key_file": str(tmp_path / "none.key"),
    }
    hosts = {"n1": {"ansible_connection": "local"}}
    done = playbook(tmp_path / "play.yml", {"debros": {"hosts": hosts, "vars": settings}})
    assert done.returncode == 2
    for problem in (
        "gatway_public: no such variable; did you mean gateway_public?",
        "gateway_allowed_from: shuts nobody out",
        "backup_interval: 'bananas': expected",
        f"gateway_tls_certificate_file: {tmp_path}/none.crt: No such file",
        f"gateway_tls_private_key_file: {tmp_path}/none.key: No such file",
    ):
        assert f"- {problem}" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("tags", "installed", "told"),
    [
        (["all"], False, ""),
        (["gateway"], True, ""),
        (["debros", "gateway"], False, ""),
        (["common", "firewall"], False, ""),
        (["rqlite", "gateway"], False, "--tags gateway,rqlite: nothing of DeBros is on this host yet"),
    ],
)
def test_a_role_alone_needs_a_host_that_has_a_release(tags, installed, told) -> None:
    said = controller.part_problem(tags, installed=installed)
    assert said.startswith(told)
    assert ("run site.yml without --tags first" in said) == bool(told)
