import math

import pytest

from debros.tenants.errors import SqlRefused
from debros.tenants.sql import arguments


def test_what_sqlite_holds_passes() -> None:
    values = [None, True, 0, -(2**63), 2**63 - 1, 2**53 + 1, 1.5, "", "\0", "é"]
    assert arguments.check(values) == values


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**30, math.inf, -math.inf, math.nan])
def test_what_sqlite_cannot_hold_is_named_by_its_path(value: float) -> None:
    with pytest.raises(SqlRefused, match=r"\$\.ops\[2\]\.args\[1\]") as refusal:
        arguments.check([1, value], "$.ops[2].args")
    assert refusal.value.code == "invalid_argument"


def test_more_values_than_sqlite_has_parameters() -> None:
    with pytest.raises(SqlRefused, match="32766"):
        arguments.check([1] * 32767)
