"""docs/client.md keeps up with the library."""

import inspect
import re
from pathlib import Path

import pytest

from debros import client as library
from debros.client import NetworkClient, errors

TEXT = (Path(__file__).parents[3] / "docs" / "client.md").read_text()
ERRORS = [name for name in library.__all__ if name.endswith("Error")]


@pytest.mark.parametrize("name", [name for name in ERRORS if name not in {"DebrosError", "RefusedError"}])
def test_every_error_is_in_the_table(name) -> None:
    assert f"`{name}`" in TEXT.partition("## Errors")[2]


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_in_the_picture(name) -> None:
    assert re.search(rf"── {name}\b|^ *{name}$", errors.__doc__, flags=re.MULTILINE)


def test_every_argument_is_told_with_its_default() -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| `?([^|`]+?)`? \|", TEXT.partition("\n## Credentials")[0], flags=re.MULTILINE)
    )
    parameters = list(inspect.signature(NetworkClient).parameters.values())
    assert {name: default for name, default in rows.items() if name != "argument"} == {
        one.name: f"{one.default:g}" if isinstance(one.default, float) else str(one.default) for one in parameters
    }
