"""The first play of every playbook: an inventory that names nobody, or nobody's place, is no empty success."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOKS = sorted(ROOT.glob("ansible/*.yml"))
CHECK = ROOT / "ansible" / "inventory.yml"
HOST = {"ansible_host": "192.0.2.11"}
HERE = {"ansible_connection": "local"}


@pytest.mark.parametrize("path", [path for path in PLAYBOOKS if path != CHECK], ids=lambda path: path.stem)
def test_every_playbook_looks_at_the_inventory_first(path) -> None:
    first = yaml.safe_load(path.read_text())[0].get("ansible.builtin.import_playbook")
    assert first == ("site.yml" if path.stem.startswith("rotate") else "inventory.yml")


@pytest.mark.parametrize(
    ("inventory", "arguments", "lines"),
    [
        (
            {"debrs": {"hosts": {"n1": HOST}}},
            ["--tags", "gateway"],
            ["no host in a group debros (there is: debrs). Write:", "debros:", "hosts:", "ansible_host: ADDRESS"],
        ),
        ({"debros": {"hosts": {}}}, [], ["there is no host in a group debros. Write:"]),
        (
            {"debros": {"hosts": {"g1": HOST}, "vars": {"debros_gateway_only": True}}},
            [],
            ["every host of the group debros has debros_gateway_only"],
        ),
        (
            {"debros": {"hosts": {"n1": HOST, "n2": None, "n3": None}}},
            ["--check"],
            ["does not say where SSH finds n2, n3. Write in it", "n2:", "n3:", "ansible_host: ADDRESS"],
        ),
        ({"debros": {"hosts": {"n1": HOST, "n2": None}}}, ["--limit", "n2"], ["where SSH finds n2."]),
        ({"debrs": {"hosts": {"n1": HOST}}}, ["--limit", "n1"], ["no host in a group debros"]),
    ],
    ids=["group", "empty", "gateways", "place", "place of the limit", "group and limit"],
)
def test_a_bad_inventory_ends_the_run_with_the_lines_to_add(playbook, inventory, arguments, lines) -> None:
    done = playbook(ROOT / "site.yml", inventory, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Nothing was changed." in done.stdout
    assert "UNREACHABLE" not in done.stdout
    for line in lines:
        assert line in done.stdout


@pytest.mark.parametrize(
    ("inventory", "arguments"),
    [
        ({"debros": {"hosts": {"n1": {"ansible_host": "{{ net }}.1"}, "n2": HERE}, "vars": {"net": "192.0.2"}}}, []),
        ({"debros": {"hosts": {"192.0.2.7": None, "n2.example": None}}, "web": {"hosts": {"w1": None}}}, ["--check"]),
        # A host of a cluster that looks after itself knows the others' addresses, and connects to none of them.
        ({"debros": {"hosts": {"a": HERE, "b": {"debros_address": "192.0.2.22"}}}}, ["--limit", "a"]),
        ({"debros": {"hosts": {"g1": {**HOST, "debros_gateway_only": True}, "n1": HERE}}}, ["--limit", "g1"]),
    ],
    ids=["names", "addresses", "members", "a gateway alone"],
)
def test_a_good_inventory_is_silent(playbook, inventory, arguments) -> None:
    done = playbook(CHECK, inventory, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "TASK" not in done.stdout
    assert "ok=0    changed=0    unreachable=0    failed=0" in done.stdout


def test_our_own_inventories_are_good() -> None:
    ours = [*ROOT.glob("inventories/*/hosts.yml"), *ROOT.glob("molecule/*/inventory/hosts.yml")]
    hosts = {path: yaml.safe_load(path.read_text())["debros"]["hosts"] for path in ours}
    assert len(hosts) >= 7
    for path, named in hosts.items():
        assert named, path
        assert [name for name, host in named.items() if "ansible_host" not in host and host != HERE] == [], path


def test_the_secrets_beside_an_inventory_are_no_inventory(tmp_path) -> None:
    shutil.copytree(ROOT / "inventories" / "prod", tmp_path / "mine")
    secrets = tmp_path / "mine" / "secrets"
    (secrets / "peers").mkdir(parents=True)
    (secrets / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    (secrets / "rqlite.yml").write_text("stolen:\n  hosts:\n    n9:\n")
    (secrets / "peers" / "n1").write_text("12D3KooW\n")
    done = subprocess.run(
        [ROOT / ".venv/bin/ansible-inventory", "-i", tmp_path / "mine", "--list"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    listed = json.loads(done.stdout)
    assert set(listed) == {"_meta", "all", "debros"}
    assert listed["debros"]["hosts"] == ["n1", "n2", "n3"]
