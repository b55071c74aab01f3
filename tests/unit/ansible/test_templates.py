"""The configuration that the roles write is valid for the programs that read it. Ansible renders it, without a host."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from debros.config import validate_text
from debros.rqlite.binary import Binary
from debros.rqlite.command import command
from debros.rqlite.version import Version

ROOT = Path(__file__).resolve().parents[3]
CERTIFICATE, KEY = (f"/etc/letsencrypt/live/x/{name}.pem" for name in ("fullchain", "privkey"))
PLAYBOOK = """
- hosts: debros
  gather_facts: false
  connection: local
  roles:
    - {role: debros.network.common, when: false}
    - {role: debros.network.debros, when: false}
    - {role: debros.network.rqlite, when: false}
    - {role: debros.network.node, when: false}
    - {role: debros.network.gateway, when: false}
    - {role: debros.network.firewall, when: false}
    - {role: debros.network.backup, when: false}
    - {role: debros.network.monitoring, when: false}
  post_tasks:
    - tags: render
      vars:
        templates: ROLES
      copy:
        dest: "OUT/{{ inventory_hostname }}.json"
        content: "{{ {'texts': query('template', *templates), 'rules': _firewall_rules} | to_json }}"
        mode: "0600"
"""
SECRETS = {
    "rqlite_users": [
        {"role": "admin", "username": "admin", "password": "a"},
        {"role": "gateway", "username": "gateway-1", "password": "b"},
    ]
}
HOSTS = {"n1": "192.0.2.11", "n2": "192.0.2.12", "n3": "2001:db8::13", "n4": "192.0.2.14"}
PEER = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
# A cluster without a controller: named in another order than they came, and all but the first came with an invite.
CAME = {
    "b": {"debros_address": "192.0.2.22", "debros_position": 2, "debros_joins": True},
    "a": {"debros_address": "192.0.2.21", "debros_position": 1},
    "c": {"debros_address": "192.0.2.23", "debros_position": 7, "debros_joins": True},
}


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """Directory with every template of every role, for four hosts of which three vote."""
    return render(
        tmp_path_factory.mktemp("rendered"),
        {name: {"ansible_host": address} for name, address in HOSTS.items()},
        node_solana_wallet="1" * 32,
        rqlite_max_database_size=5,
    )


@pytest.fixture(scope="session")
def came(tmp_path_factory):
    """The same for hosts that were invited one after the other."""
    return render(tmp_path_factory.mktemp("came"), CAME)


@pytest.fixture(scope="session")
def alone(tmp_path_factory):
    """The same for one that was invited and is the last one left."""
    return render(tmp_path_factory.mktemp("alone"), {"b": CAME["b"]})


@pytest.fixture(scope="session")
def gateways(tmp_path_factory):
    """The same with two hosts that have a gateway alone, the first and the last of the inventory."""
    alone = {"debros_gateway_only": True}
    hosts = {
        "g1": {"ansible_host": "192.0.2.21", **alone},
        **{name: {"ansible_host": address} for name, address in HOSTS.items()},
        "g2": {"ansible_host": "2001:db8::22", **alone},
    }
    return render(tmp_path_factory.mktemp("gateways"), hosts, node_allowed_from=["198.51.100.0/24"])


@pytest.fixture(scope="session")
def with_tls(tmp_path_factory):
    """The same for hosts with a certificate, and a Prometheus."""
    return render(
        tmp_path_factory.mktemp("tls"),
        {"n1": {"ansible_host": "192.0.2.11"}},
        gateway_tls_certificate_file=CERTIFICATE,
        gateway_tls_private_key_file=KEY,
        gateway_metrics_allowed_from=["192.0.2.9"],
        gateway_workers="4",
    )


def render(work, hosts, **settings):
    templates = sorted(str(path) for path in (ROOT / "roles").glob("*/templates/*.j2"))
    (work / "play.yml").write_text(PLAYBOOK.replace("ROLES", json.dumps(templates)).replace("OUT", str(work)))
    inventory = {
        "debros": {
            "hosts": hosts,
            "vars": {"ansible_python_interpreter": sys.executable, **settings},
        }
    }
    (work / "hosts.yml").write_text(yaml.safe_dump(inventory))
    (work / "secrets" / "peers").mkdir(parents=True)
    (work / "secrets" / "peers" / "n2").write_text(f"{PEER}\n")
    done = subprocess.run(
        [
            *(
                ROOT / ".venv" / "bin" / "ansible-playbook",
                "-i",
                work / "hosts.yml",
                work / "play.yml",
                "--tags",
                "render",
            ),
            *("-e", json.dumps({"__debros_secrets": {"secrets": SECRETS}})),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_LOCALHOST_WARNING": "false"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    names = [Path(template).name for template in templates]
    for host in hosts:
        found = json.loads((work / f"{host}.json").read_text())
        (work / f"{host}-rules.json").write_text(json.dumps(found["rules"]))
        for role, name, text in zip((Path(each).parts[-3] for each in templates), names, found["texts"], strict=True):
            (work / f"{host}-{role}-{name}").write_text(text)
    return work


def keys(work: Path) -> dict[str, str]:
    return {"CREDENTIALS_DIRECTORY": str(work / "keys")}


def problems(kind: str, text: str, work: Path) -> list[str]:
    """What is wrong with a text, apart from what only a host has: files, directories."""
    report = validate_text(kind, text, environ=keys(work))
    only_on_hosts = ("No such file", "does not exist", "cannot be read", "cannot create", "not writable")
    return [str(one) for one in report.problems if not any(words in str(one) for words in only_on_hosts)]


@pytest.mark.parametrize("host", HOSTS)
def test_node_yaml_is_valid(rendered, host) -> None:
    text = (rendered / f"{host}-rqlite-node.yaml.j2").read_text()
    assert problems("node", text, rendered) == []
    document = yaml.safe_load(text)
    assert document["node"]["id"] == host
    assert document["node"]["solana_wallet"] == "1" * 32
    assert document["database"]["max_database_size"] == 5


@pytest.mark.parametrize("host", HOSTS)
def test_gateway_yaml_is_valid(rendered, host) -> None:
    assert problems("gateway", (rendered / f"{host}-gateway-gateway.yaml.j2").read_text(), rendered) == []


def test_the_gateway_copies_its_certificate_at_every_start_and_reload(with_tls) -> None:
    drop_in = (with_tls / "n1-gateway-10-debros.service.conf.j2").read_text().splitlines()
    directory = "/run/debros-gateway/tls"
    copies = [
        f'+/usr/bin/install -m 0440 -o root -g debros -T "{file}" {directory}/{name}'
        for name, file in (("gateway-tls.crt", CERTIFICATE), ("gateway-tls.key", KEY))
    ]
    made = f"+/usr/bin/install -d -m 0750 -o root -g debros {directory}"
    found = [line.partition("=")[::2] for line in drop_in if "=" in line and not line.startswith("#")]
    assert [value for name, value in found if name == "ExecReload"] == ["", *copies, "/bin/kill -HUP $MAINPID"]
    assert [value for name, value in found if name == "ExecStartPre"] == [made, *copies]
    # In the unit's file system another directory lies over this one, also for what has full privileges.
    assert not [line for line in drop_in if "/opt/debros" in line]
    assert f"Environment=DEBROS_TLS_DIRECTORY={directory}" in drop_in
    security = yaml.safe_load((with_tls / "n1-gateway-gateway.yaml.j2").read_text())["security"]
    assert security == {
        "enable_tls": True,
        "private_key_file": "$DEBROS_TLS_DIRECTORY/gateway-tls.key",
        "certificate_file": "$DEBROS_TLS_DIRECTORY/gateway-tls.crt",
    }


def test_the_gateways_unit_has_room_for_its_workers(rendered, with_tls) -> None:
    unit = (ROOT / "systemd" / "debros-gateway.service").read_text().splitlines()
    limits = [line for line in unit if line.startswith(("MemoryHigh=", "MemoryMax=", "TasksMax="))]
    assert limits == ["MemoryHigh=768M", "MemoryMax=1G", "TasksMax=128"], "the template begins with these"
    for work, expected in ((rendered, [768, 1024, 128]), (with_tls, [768 + 3 * 128, 1024 + 3 * 128, 128 + 3 * 16])):
        drop_in = (work / "n1-gateway-10-debros-workers.service.conf.j2").read_text()
        found = dict(line.split("=") for line in drop_in.splitlines() if "=" in line)
        assert [int(value.removesuffix("M")) for value in found.values()] == expected
        assert list(found) == ["MemoryHigh", "MemoryMax", "TasksMax"]


def test_figures_are_for_loopback_or_for_who_is_named(rendered, with_tls) -> None:
    for work, address, allowed in ((rendered, "127.0.0.1:8001", []), (with_tls, ":8001", ["192.0.2.9"])):
        text = (work / "n1-gateway-gateway.yaml.j2").read_text()
        assert yaml.safe_load(text)["metrics_addr"] == address
        (rule,) = [rule for rule in json.loads((work / "n1-rules.json").read_text()) if rule["port"] == 8001]
        assert rule["from"] == allowed


def test_all_voters_have_one_list(rendered) -> None:
    found = {host: yaml.safe_load((rendered / f"{host}-rqlite-node.yaml.j2").read_text())["database"] for host in HOSTS}
    assert {one["rqlite_join_address"] for one in found.values()} == {
        "192.0.2.11:7001,192.0.2.12:7001,[2001:db8::13]:7001"
    }
    assert [found[host]["rqlite_bootstrap_expect"] for host in HOSTS] == [3, 3, 3, 0]


def joining(work, host):
    """Return how a host finds its cluster: whom it asks, and how many it forms one with."""
    text = (work / f"{host}-rqlite-node.yaml.j2").read_text()
    assert problems("node", text, work) == []
    found = yaml.safe_load(text)["database"]
    return found["rqlite_join_address"], found["rqlite_bootstrap_expect"]


def test_who_came_with_an_invite_asks_the_others_and_never_forms_a_cluster(came) -> None:
    assert joining(came, "a") == ("192.0.2.21:7001,192.0.2.22:7001,192.0.2.23:7001", 3)
    assert joining(came, "b") == ("192.0.2.21:7001,192.0.2.23:7001", 0)
    assert joining(came, "c") == ("192.0.2.21:7001,192.0.2.22:7001", 0)
    for host in CAME:
        assert "--replica" not in (came / f"{host}-rqlite-10-debros.conf.j2").read_text()


def test_the_last_one_left_is_like_a_first_one(alone) -> None:
    assert joining(alone, "b") == ("192.0.2.22:7001", 1)


def test_hosts_beyond_the_replication_factor_are_replicas(rendered) -> None:
    lines = {host: (rendered / f"{host}-rqlite-10-debros.conf.j2").read_text() for host in HOSTS}
    assert ["--replica" in lines[host] for host in HOSTS] == [False, False, False, True]


def test_peers_are_the_others_that_are_known(rendered) -> None:
    for host, expected in (("n1", 1), ("n2", 0)):
        document = yaml.safe_load((rendered / f"{host}-rqlite-node.yaml.j2").read_text())
        assert len(document["discovery"]["bootstrap_peers"]) == expected


def test_every_entry_of_the_auth_file_has_perms(rendered) -> None:
    users = json.loads((rendered / "n1-debros-rqlite-auth.json.j2").read_text())
    assert [user["username"] for user in users] == ["admin", "gateway-1"]
    assert all(user["perms"] for user in users)


def test_raft_is_open_to_the_other_hosts_only(rendered) -> None:
    rules = [rule for rule in json.loads((rendered / "n1-rules.json").read_text()) if rule["port"] == 7001]
    assert [rule["from"] for rule in rules] == [[HOSTS["n2"], HOSTS["n3"], HOSTS["n4"]]]
    # rqlite's HTTP API has a rule, which lets nobody in unless rqlite_http_allowed_from names somebody.
    (http,) = [rule for rule in json.loads((rendered / "n1-rules.json").read_text()) if rule["port"] == 5001]
    assert http["from"] == []


def test_the_database_speaks_with_its_peers_only(rendered) -> None:
    lines = (rendered / "n1-rqlite-10-debros-peers.conf.j2").read_text().splitlines()
    assert [line for line in lines if line.startswith("IP")] == [f"IPAddressAllow={each}" for each in HOSTS.values()]


def allowed(work, host):
    """Return whom a host's firewall lets in, by port."""
    return {rule["port"]: rule["from"] for rule in json.loads((work / f"{host}-rules.json").read_text())}


def test_a_gateway_alone_uses_the_databases_and_nodes_of_the_others(gateways) -> None:
    for host in ("g1", "g2"):
        text = (gateways / f"{host}-gateway-gateway.yaml.j2").read_text()
        assert problems("gateway", text, gateways) == []
        found = yaml.safe_load(text)
        assert found["rqlite_nodes"] == [
            *(
                "http://192.0.2.11:5001",
                "http://192.0.2.12:5001",
                "http://[2001:db8::13]:5001",
                "http://192.0.2.14:5001",
            )
        ]
        assert found["bootstrap_peers"] == [f"/ip4/{HOSTS['n2']}/tcp/4001/p2p/{PEER}"]
        assert sorted(allowed(gateways, host)) == [6001, 8001]
    found = yaml.safe_load((gateways / "n1-gateway-gateway.yaml.j2").read_text())
    assert (found["rqlite_dsn"], found["rqlite_nodes"], found["bootstrap_peers"]) == ("http://127.0.0.1:5001", [], [])


def test_the_others_let_a_gateway_alone_in_and_do_not_count_it(gateways) -> None:
    rules = allowed(gateways, "n1")
    assert rules[5001] == ["192.0.2.21", "2001:db8::22"]
    assert rules[4001] == ["198.51.100.0/24", "192.0.2.21", "2001:db8::22"]
    assert rules[7001] == [HOSTS["n2"], HOSTS["n3"], HOSTS["n4"]]
    peers = (gateways / "n1-rqlite-10-debros-peers.conf.j2").read_text()
    assert "IPAddressAllow=192.0.2.21\nIPAddressAllow=2001:db8::22\n" in peers
    found = yaml.safe_load((gateways / "n1-rqlite-node.yaml.j2").read_text())
    assert found["database"]["rqlite_http_listen"] == "::"
    assert found["database"]["rqlite_join_address"] == "192.0.2.11:7001,192.0.2.12:7001,[2001:db8::13]:7001"
    assert "192.0.2.21" not in str(found)


def test_the_check_of_a_gateway_alone_wants_no_secrets_of_a_database(gateways) -> None:
    resets = {
        host: "\nLoadCredential=\n" in (gateways / f"{host}-monitoring-10-debros.conf.j2").read_text()
        for host in ("g1", "n1")
    }
    assert resets == {"g1": True, "n1": False}


def test_no_template_is_left_out(rendered) -> None:
    wanted = {f"{path.parts[-3]}-{path.name}" for path in (ROOT / "roles").glob("*/templates/*.j2")}
    assert wanted <= {path.name.removeprefix("n1-") for path in rendered.glob("n1-*")}


def test_the_command_line_of_a_voter(rendered) -> None:
    text = (rendered / "n1-rqlite-node.yaml.j2").read_text()
    report = validate_text(
        "node",
        "\n".join(line for line in text.splitlines() if "CREDENTIALS" not in line and "/opt" not in line),
        environ={},
    )
    assert report.config is not None, report.problems
    line = command(report.config, Binary(Path("/opt/debros/bin/rqlited"), Version(10, 2, 7), "", "release"))
    assert line[line.index("-bootstrap-expect") + 1] == "3"
    assert line[line.index("-node-id") + 1] == "n1"


def test_these_tests_would_see_a_mistake(rendered) -> None:
    text = (rendered / "n1-rqlite-node.yaml.j2").read_text()
    assert problems("node", text.replace("type: node", "type: leader"), rendered) != []
