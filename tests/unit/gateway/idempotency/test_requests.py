import pytest

from debros.gateway.errors import Problem
from debros.gateway.idempotency.requests import _checked, keys_sent


@pytest.mark.parametrize(
    ("sent", "key"),
    [(b"a", "a"), (b'"a"', "a"), (b"8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324")],
)
def test_a_key_with_and_without_quotes(sent: bytes, key: str) -> None:
    assert _checked([sent]) == key


def test_every_visible_character_but_quote_and_backslash() -> None:
    every = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\')
    assert _checked([every.encode()]) == every
    assert _checked([b"x" * 255])


@pytest.mark.parametrize(
    "sent",
    [[b""], [b'""'], [b"a b"], [b'"a'], [b'a"'], [b'a"b'], [b"a\\b"], [b"x" * 256], [b"\xe4"], [b"a\n"], [b"a", b"a"]],
)
def test_what_is_none_is_said_to_be_none(sent: list[bytes]) -> None:
    with pytest.raises(Problem, match="400 invalid_idempotency_key"):
        _checked(sent)


def test_only_this_header_counts() -> None:
    scope = {"headers": [(b"x-idempotency-key", b"1"), (b"idempotency-key", b"2"), (b"etag", b"3")]}
    assert keys_sent(scope) == [b"2"]
