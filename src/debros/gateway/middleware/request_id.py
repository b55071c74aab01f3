"""Every request has an id: the caller's own when it is sane, else a new one; in the answer and in every log line."""

import os
import re
from collections.abc import Iterator

from starlette.types import Scope

from debros.gateway.headers import header

_SANE = re.compile(r"[A-Za-z0-9._-]{1,128}")
_BYTES = 12
_AT_ONCE = 256  # ids for which the kernel is asked together


def _new() -> Iterator[str]:
    while True:
        random = os.urandom(_BYTES * _AT_ONCE)
        for start in range(0, len(random), _BYTES):
            yield random[start : start + _BYTES].hex()


_fresh = _new()


def request_id(scope: Scope) -> str:
    """Return the id of a request."""
    given = header(scope, b"x-request-id")
    return given if given and _SANE.fullmatch(given) else next(_fresh)
