import msgspec
import pytest

from debros.gateway.bodies import decode
from debros.gateway.errors import Problem


class Body(msgspec.Struct):
    sql: str
    args: list[bool | int | float | str | None] = []
    data: bytes = b""


DECODER = msgspec.json.Decoder(Body)


def test_numbers_keep_their_value() -> None:
    assert decode(b'{"sql": "x", "args": [9007199254740993, 1.5, true, null]}', DECODER).args == [
        2**53 + 1,
        1.5,
        True,
        None,
    ]


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (b"", "empty_body", "empty"),
        (b"{", "invalid_json", "not valid JSON"),
        (b"not json", "invalid_json", "not valid JSON"),
        (b'{"sql": "\xff"}', "invalid_json", "not valid JSON"),
        (b'{"sql": "x", "args": [NaN]}', "invalid_json", "not valid JSON"),
        (b"[]", "invalid_body", "Expected `object`, got `array`"),
        (b"null", "invalid_body", "Expected `object`"),
        (b'{"sql": 5}', "invalid_body", r"\$\.sql"),
        (b"{}", "invalid_body", "missing required field `sql`"),
        (b'{"sql": "x", "args": [1, [2]]}', "invalid_body", r"\$\.args\[1\].*unhex"),
        (b'{"sql": "x", "args": [{"a": 1}]}', "invalid_body", r"\$\.args\[0\].*unhex"),
        (b'{"sql": "x", "args": {"a": 1}}', "invalid_body", r"\$\.args"),
        (b'{"sql": "x", "args": [1e400]}', "invalid_body", r"\$\.args\[0\]"),
        (b'{"sql": "x", "data": "***"}', "invalid_body", r"base64.*\$\.data.*padding"),
        (b'{"sql": "x", "y": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid_json", "JSON"),
    ],
)
def test_what_is_wrong_is_named(body: bytes, code: str, text: str) -> None:
    with pytest.raises(Problem, match=text) as refusal:
        decode(body, DECODER)
    assert (refusal.value.status, refusal.value.code) == (400, code)
