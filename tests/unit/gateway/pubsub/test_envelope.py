import base64
import json

import pytest

from debros.gateway.pubsub import envelope


@pytest.mark.parametrize("data", [b"", b"text", b"\0\xff", "é".encode()])
def test_the_envelope_carries_any_bytes(data: bytes) -> None:
    frame = json.loads(envelope.wrap('a "topic" é', data, 1_700_000_000_123))
    assert frame == {"data": base64.b64encode(data).decode(), "timestamp": 1_700_000_000_123, "topic": 'a "topic" é'}


@pytest.mark.parametrize("data", [b'{"type":"ping"}', b' {"type" : "ping", "n": 1} '])
def test_heartbeats(data: bytes) -> None:
    assert envelope.is_ping(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ping",
        b'"ping"',
        b'{"type":"pong"}',
        b'{"kind":"ping"}',
        b'{"type":"ping"',
        b'["type","ping"]',
        b"\xff ping",
        b'{"type":"ping","x":"' + b"x" * 300 + b'"}',
    ],
)
def test_messages(data: bytes) -> None:
    assert not envelope.is_ping(data)
