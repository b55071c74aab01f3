"""The sections of gateway.yaml that the role takes whole are described in it key by key, so a slip is told at once."""

from pathlib import Path

import pytest
from ansible_collections.debros.network.plugins.module_utils import variables

from debros.config.schema.gateway import GATEWAY_FIELDS

ROLES = Path(__file__).resolve().parents[3] / "roles"
# What the role sets itself: the size (rqlite_max_database_size, which the nodes are told too), and the secret's path.
OWN = {"limits": {"max_database_size"}, "auth": {"server_key_file"}}
KINDS = {"integer": "int", "boolean": "bool", "string": "str", "duration": "str", "path": "str", "list": "list"}
SECTIONS = ("limits", "rates", "writes", "pubsub", "auth")


@pytest.mark.parametrize("section", SECTIONS)
def test_the_role_knows_the_keys_of_the_schema(section) -> None:
    options = variables.specs(ROLES)["gateway"][f"gateway_{section}"]["options"]
    fields = GATEWAY_FIELDS[section]["schema"]
    assert {
        name: (option["type"], option["description"], option.get("choices")) for name, option in options.items()
    } == {
        name: (KINDS[field["type"]], field["meta"]["help"], field.get("allowed"))
        for name, field in fields.items()
        if name not in OWN.get(section, ())
    }


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("gateway_limits", {"max_rowz": 5}, "max_rowz"),
        ("gateway_limits", {"max_rows": "many"}, "max_rows"),
        ("gateway_limits", {"max_database_size": 5}, "max_database_size"),
        ("gateway_pubsub", {"ws_envelope": "xml"}, "ws_envelope"),
        ("gateway_auth", {"domains": {"a": 1}}, "domains"),
    ],
)
def test_a_slip_in_them_is_told(name, value, said) -> None:
    (problem,) = variables.misfits(variables.specs(ROLES), {name: value})
    assert problem.startswith(f"{name} (role gateway): ")
    assert said in problem


def test_what_fits_is_taken() -> None:
    given = {"gateway_limits": {"max_rows": 5, "read_timeout": "1m"}, "gateway_auth": {"domains": ["a.example"]}}
    assert variables.misfits(variables.specs(ROLES), given) == []
