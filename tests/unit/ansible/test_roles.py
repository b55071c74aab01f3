"""One skeleton for all roles: specification, defaults and README say the same, names carry their role's name."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from ansible_collections.debros.network.plugins.module_utils import settings, variables

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.parent for path in (ROOT / "roles").glob("*/meta"))
FILES = {"main.yml", "preflight.yml", "install.yml", "configure.yml", "run.yml", "fleet.yml", "verify.yml"}


def load(path: Path):
    return yaml.safe_load(path.read_text()) if path.exists() else None


def options(role: Path) -> dict:
    points = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    return {name: option for point in points.values() for name, option in (point.get("options") or {}).items()}


def test_these_are_the_roles() -> None:
    names = {role.name for role in ROLES}
    assert names == {"common", "debros", "rqlite", "node", "gateway", "firewall", "backup", "monitoring"}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
class TestRole:
    def test_specification_and_defaults_agree(self, role: Path) -> None:
        spec = options(role)
        required = {name for name, option in spec.items() if option.get("required")}
        assert {name: spec[name].get("default") for name in spec if name not in required} == (
            load(role / "defaults" / "main.yml") or {}
        )

    def test_variables_carry_the_role_s_name(self, role: Path) -> None:
        assert [name for name in options(role) if not name.startswith(f"{role.name}_")] == []
        inner = load(role / "vars" / "main.yml") or {}
        assert [name for name in inner if not name.startswith((f"_{role.name}_", f"{role.name}_"))] == []

    def test_every_option_is_explained(self, role: Path) -> None:
        assert [name for name, option in options(role).items() if not option.get("description")] == []

    def test_task_files_have_the_skeleton_s_names(self, role: Path) -> None:
        names = {path.name for path in (role / "tasks").iterdir()}
        assert names <= FILES
        assert "main.yml" in names


def test_readmes_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "role-readmes.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_collection_and_package_have_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert load(ROOT / "galaxy.yml")["version"] == project["version"]


def test_names_resolve_from_a_clone() -> None:
    assert (ROOT / ".collections/ansible_collections/debros/network").resolve() == ROOT
    assert (ROOT / "playbooks").resolve() == ROOT / "ansible"


def leaves(tasks, *, silent=False):
    """Return every task of a list, those of its blocks too, each with whether it or a block around it is silent."""
    for task in tasks or []:
        quiet = silent or task.get("no_log") is True
        inner = [one for word in ("block", "rescue", "always") for one in task.get(word, [])]
        if inner:
            yield from leaves(inner, silent=quiet)
        else:
            yield task, quiet


def every_task():
    """Return every task of roles and playbooks: `(file, task, silent)`."""
    for path in (*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("ansible/tasks/*.yml")):
        for task, silent in leaves(load(path)):
            yield path, task, silent
    for path in ROOT.glob("ansible/*.yml"):
        for play in load(path):
            for part in ("pre_tasks", "tasks", "post_tasks", "handlers"):
                for task, silent in leaves(play.get(part)):
                    yield path, task, silent


def test_every_task_that_sees_secrets_is_silent() -> None:
    words = ("__debros_secrets", "_debros_secret_files", "cluster_secrets")
    seeing = [found for found in every_task() if any(word in str(found[1]) for word in words)]
    assert len(seeing) >= 3
    assert [f"{path.relative_to(ROOT)}: {task['name']}" for path, task, silent in seeing if not silent] == []


def test_blocks_are_looked_into() -> None:
    one, two = {"name": "one"}, {"name": "two"}
    nested = [{"block": [one], "rescue": [{"block": [two], "no_log": True}]}, {"block": [two], "no_log": True}]
    assert list(leaves(nested)) == [(one, False), (two, True), (two, True)]


def defaults() -> dict:
    return {name: value for role in ROLES for name, value in (load(role / "defaults" / "main.yml") or {}).items()}


def test_what_the_sample_shows_as_default_is_one() -> None:
    text = (ROOT / "inventories/prod/group_vars/debros.yml").read_text()
    shown = re.findall(r"^# (\w+: .*)$", text, re.MULTILINE)
    assert len(shown) >= 20
    known = defaults()
    found = {name: value for line in shown for name, value in yaml.safe_load(line).items()}
    assert found == {name: known.get(name, "no such variable") for name in found}


@pytest.mark.parametrize(
    "inventory", [ROOT / "inventories" / name for name in ("dev", "prod", "test")], ids=lambda path: path.name
)
class TestInventory:
    def test_its_variables_are_known_and_good(self, inventory: Path) -> None:
        hosts = load(inventory / "hosts.yml")["debros"]
        given = {**hosts.get("vars", {}), **(load(inventory / "group_vars" / "debros.yml") or {})}
        for host in hosts["hosts"].values():
            given |= host
        specs = variables.specs(ROOT / "roles")
        assert variables.unknown(list(given), specs, []) == {}
        assert variables.misfits(specs, given) == []
        assert settings.problems(given) == []

    def test_the_playbook_can_be_read_with_it(self, inventory: Path, tmp_path: Path) -> None:
        done = ansible("ansible-playbook", "--syntax-check", ROOT / "site.yml", "-i", inventory, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_collection_builds_installs_and_can_be_read(tmp_path: Path) -> None:
    """As somebody has it who does not have this clone."""
    place = {"ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "installed"), "ANSIBLE_HOME": str(tmp_path / "home")}
    done = ansible("ansible-galaxy", "collection", "build", "--output-path", tmp_path, cwd=ROOT, **place)
    assert done.returncode == 0, done.stdout + done.stderr
    (archive,) = tmp_path.glob("debros-network-*.tar.gz")
    done = ansible("ansible-galaxy", "collection", "install", "--offline", archive, cwd=tmp_path, **place)
    assert done.returncode == 0, done.stdout + done.stderr
    installed = tmp_path / "installed/ansible_collections/debros/network"
    ours = {path.name: path.read_bytes() for path in (ROOT / "ansible").glob("*.yml")}
    assert {path.name: path.read_bytes() for path in (installed / "playbooks").glob("*.yml")} == ours
    for name in ("site", "upgrade"):
        done = ansible(
            *("ansible-playbook", "--syntax-check", f"debros.network.{name}", "-i", installed / "inventories/prod"),
            cwd=tmp_path,
            **place,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def ansible(program: str, *arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    config = {} if environment else {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    return subprocess.run(
        [ROOT / ".venv/bin" / program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **config, **environment},
    )
