"""The JSON envelope: text frames for clients that cannot take binary ones, and their heartbeat."""

import base64

import orjson

PONG = '{"type":"pong"}'
# A heartbeat is tiny; anything longer is payload and need not be parsed.
_LONGEST_HEARTBEAT = 256


def wrap(topic: str, data: bytes, timestamp_ms: int) -> str:
    """Return the text frame for a message."""
    envelope = {"data": base64.b64encode(data).decode(), "timestamp": timestamp_ms, "topic": topic}
    return orjson.dumps(envelope).decode()


def is_ping(data: bytes) -> bool:
    """Tell whether a client's text frame is the heartbeat `{"type":"ping"}` and not a message."""
    if len(data) > _LONGEST_HEARTBEAT or b"ping" not in data:
        return False
    try:
        frame = orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return isinstance(frame, dict) and frame.get("type") == "ping"
