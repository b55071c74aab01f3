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


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """Directory with every template of every role, for four hosts of which three vote."""
    work = tmp_path_factory.mktemp("rendered")
    templates = sorted(str(path) for path in (ROOT / "roles").glob("*/templates/*.j2"))
    (work / "play.yml").write_text(PLAYBOOK.replace("ROLES", json.dumps(templates)).replace("OUT", str(work)))
    inventory = {
        "debros": {
            "hosts": {name: {"ansible_host": address} for name, address in HOSTS.items()},
            "vars": {
                "ansible_python_interpreter": sys.executable,
                "node_solana_wallet": "11111111111111111111111111111111",
                "rqlite_max_database_size": 5,
            },
        }
    }
    (work / "hosts.yml").write_text(yaml.safe_dump(inventory))
    (work / "secrets" / "peers").mkdir(parents=True)
    (work / "secrets" / "peers" / "n2").write_text("12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA\n")
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
    for host in HOSTS:
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


def test_all_voters_have_one_list(rendered) -> None:
    found = {host: yaml.safe_load((rendered / f"{host}-rqlite-node.yaml.j2").read_text())["database"] for host in HOSTS}
    assert {one["rqlite_join_address"] for one in found.values()} == {
        "192.0.2.11:7001,192.0.2.12:7001,[2001:db8::13]:7001"
    }
    assert [found[host]["rqlite_bootstrap_expect"] for host in HOSTS] == [3, 3, 3, 0]


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
    assert not [rule for rule in json.loads((rendered / "n1-rules.json").read_text()) if rule["port"] == 5001]


def test_the_database_speaks_with_its_peers_only(rendered) -> None:
    lines = (rendered / "n1-rqlite-10-debros-peers.conf.j2").read_text().splitlines()
    assert [line for line in lines if line.startswith("IP")] == [f"IPAddressAllow={each}" for each in HOSTS.values()]


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
