"""What a host says about its keys reaches the operator as words."""

import pytest
from ansible_collections.debros.network.plugins.action.host_keys import said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"error": "no space", "code": "identity", "exit_code": 1}\n', "no space"),
        ('Warning: old\n{"error": "no space", "hint": "free some"}\n', "no space; free some"),
        ("sudo: not found\n", "sudo: not found"),
        ("", ""),
        ("[]", "[]"),
        ('{"code": 1}', '{"code": 1}'),
    ],
)
def test_said(text, shown) -> None:
    assert said(text) == shown
