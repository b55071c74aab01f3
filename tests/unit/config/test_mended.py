import pytest
from cerberus import Validator

from debros.config import validate_text
from debros.config.mended import MendedValidator

SCHEMA = {"keys": {"type": "list", "schema": {"type": "string"}}}
ODD = {"keys": {"type": None}}


def test_cerberus_still_needs_it() -> None:
    """When this fails, MendedValidator can go."""
    with pytest.raises(TypeError):
        Validator(SCHEMA).validate(ODD)


def test_a_mapping_in_the_place_of_a_list_is_an_error_of_the_document() -> None:
    validator = MendedValidator(SCHEMA)
    assert not validator.validate(ODD)
    assert validator.errors == {"keys": ["must be of list type"]}


@pytest.mark.parametrize("value", ["{type: null}", "{type: 1, check_with: x}", "{check_with: null}"])
def test_it_is_told_like_any_other(value) -> None:
    report = validate_text("gateway", f"bootstrap_peers: {value}\n", environ={})
    (problem,) = report.problems
    assert str(problem) == "bootstrap_peers: expected list; got a mapping"
