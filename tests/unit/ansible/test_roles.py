"""One skeleton for all roles: specification, defaults and README say the same, names carry their role's name."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

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
        assert {path.name for path in (role / "tasks").iterdir()} <= FILES


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


def test_every_task_that_sees_secrets_is_silent() -> None:
    loud = [
        f"{path.relative_to(ROOT)}: {task['name']}"
        for path in (ROOT / "roles").glob("*/tasks/*.yml")
        for task in load(path)
        if ("__debros_secrets" in str(task) or "_debros_secret_files" in str(task) or "cluster_secrets" in str(task))
        and task.get("no_log") is not True
    ]
    assert loud == []
