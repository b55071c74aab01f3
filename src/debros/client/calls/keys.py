"""Idempotency-Key: what makes the repeat of a write harmless (docs/http.md)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from debros.client.calls.request import Repeat, Request, json_body

if TYPE_CHECKING:
    from collections.abc import Mapping

# True: the client makes a key, and keeps it while it repeats the call. A text: yours, for repeats of your own, within
# 24 hours and from any process. False: none; a lost answer is then an OutcomeUnknownError.
Idempotency = str | bool


def write(
    path: str,
    body: object = None,
    *,
    idempotency: Idempotency,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Request:
    """Return a POST that changes something.

    Args:
        path: Of the route.
        body: Sent as JSON, unless there is `content`.
        idempotency: With which key.
        content: Sent as it is.
        headers: More of them.
        query: Of the URL.

    Raises:
        ValueError: The key is none.
    """
    sent = dict(headers or {})
    if content is None:
        sent["Content-Type"] = "application/json"
        content = json_body(body)
    if idempotency is not False:
        sent["Idempotency-Key"] = str(uuid.uuid4()) if idempotency is True else _checked(idempotency)
    repeat = Repeat.HARMFUL if idempotency is False else Repeat.HARMLESS
    return Request("POST", path, query or {}, sent, content, writes=True, repeat=repeat)


def read(method: str, path: str, body: Any = None, *, query: Mapping[str, str] | None = None) -> Request:
    """Return a request that changes nothing."""
    if body is None:
        return Request(method, path, query or {})
    return Request(method, path, query or {}, {"Content-Type": "application/json"}, json_body(body))


def _checked(key: str) -> str:
    if not 1 <= len(key) <= 255 or any(not "!" <= character <= "~" or character in '"\\' for character in key):
        raise ValueError(
            "idempotency: a key is 1 to 255 visible ASCII characters without quote and backslash; a UUID is a good one"
        )
    return key
