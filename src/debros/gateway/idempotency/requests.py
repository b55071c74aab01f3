"""What a keyed request says: its key, whose it is, and what makes it another request.

A key belongs to a namespace, a subject (a wallet keeps its keys when its token is renewed, and one owner is never shown
another's answer), a method and a path.
"""

import hashlib
import re

import orjson
from starlette.requests import Request
from starlette.types import Scope

from debros.gateway.errors import Problem
from debros.gateway.idempotency.answers import refusal
from debros.gateway.problems import problem_for
from debros.gateway.state import principal, services
from debros.tenants.idempotency import Claim

_HEADER = b"idempotency-key"
# A string of RFC 8941 (3.3.3) without escapes, as the draft has it, or the bare form that most clients send: visible
# ASCII without quote and backslash. Both are the same key.
_KEY = re.compile(r'("?)([!#-\[\]-~]{1,255})\1')
# What makes a request another one, beside method, path, query and body.
_MEANINGFUL = (b"content-type", b"if-match", b"if-none-match")


def keys_sent(scope: Scope) -> list[bytes]:
    """Return the values of the header, none in almost every request."""
    return [value for name, value in scope["headers"] if name == _HEADER]


async def new_claim(request: Request, sent: list[bytes]) -> Claim:
    """Return the claim of a request that sent the header.

    Raises:
        Problem: 400; it is no key.
        NotReady: The tables are not there yet.
    """
    key = _checked(sent)
    scope, body, by = request.scope, await request.body(), principal(request.scope)
    method, path = request.method, scope["path"]
    said = [_value(scope, name) for name in _MEANINGFUL]
    query = scope["query_string"].decode("latin-1")
    return services(request).idempotency.claim(
        _digest([by.namespace, by.subject, method, path, key]),
        by.namespace,
        _digest([method, path, query, *said, hashlib.sha256(body).hexdigest()]),
        lambda error: refusal(problem_for(error), path),
    )


def _checked(sent: list[bytes]) -> str:
    match = _KEY.fullmatch(sent[0].decode("latin-1")) if len(sent) == 1 else None
    if match is None:
        raise Problem(
            400,
            "invalid_idempotency_key",
            "Idempotency-Key must be one value of 1 to 255 visible ASCII characters without quotes and backslashes, "
            "bare or in double quotes; a UUID is a good one",
        )
    return match[2]


def _value(scope: Scope, wanted: bytes) -> str:
    return b",".join(value for name, value in scope["headers"] if name == wanted).decode("latin-1")


def _digest(parts: list[str]) -> str:
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()
