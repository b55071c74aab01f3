"""What gateways tell each other about presence: msgpack behind a keyed digest, so that nobody else can say it.

Whoever is a peer of the nodes can publish on any of their topics. Only the gateways of one cluster have the server key.
Each piece of news carries the time, its sender's beginning and a number that only grows, so what was heard once cannot
be said again by somebody else, and what nobody here has heard not much later.
"""

from __future__ import annotations

import hmac
from typing import Any

import msgspec

_DIGEST = 32  # bytes of SHA-256
_LABEL = b"presence 1"


class Person(msgspec.Struct, array_like=True, frozen=True):
    """A member of a topic."""

    topic: str
    id: str
    joined_at: int
    meta: Any


class _News(msgspec.Struct, array_like=True, frozen=True, tag_field="kind"):
    """What all have.

    Attributes:
        sender: Who says it.
        begun: Since when that one runs, Unix time in nanoseconds.
        number: Which piece of its news it is.
        at: When it was said, Unix time in milliseconds.
    """

    sender: str
    begun: int
    number: int
    at: int


class Came(_News, frozen=True, tag="came"):
    """Somebody has come to the sender."""

    who: Person


class Left(_News, frozen=True, tag="left"):
    """Somebody is not at the sender any more."""

    topic: str
    id: str


class Everybody(_News, frozen=True, tag="everybody"):
    """Who is at the sender; in several parts when they are many."""

    round: int
    part: int
    parts: int
    people: list[Person]


class Asks(_News, frozen=True, tag="asks"):
    """The sender has just begun, and wants to know who is where."""


class Ends(_News, frozen=True, tag="ends"):
    """The sender ends, and everybody at it is gone."""


News = Came | Left | Everybody | Asks | Ends
_decoder: msgspec.msgpack.Decoder[News] = msgspec.msgpack.Decoder(News)
_encoder = msgspec.msgpack.Encoder()


def encode(news: News, key: bytes) -> bytes:
    """Return a piece of news as bytes."""
    body = _encoder.encode(news)
    return _digest(key, body) + body


def decode(data: bytes, key: bytes) -> News | None:
    """Return the news, None when it is not from a gateway of this cluster or not understood."""
    body = data[_DIGEST:]
    if not hmac.compare_digest(data[:_DIGEST], _digest(key, body)):
        return None
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None  # of another release


def _digest(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, _LABEL + body, "sha256")
