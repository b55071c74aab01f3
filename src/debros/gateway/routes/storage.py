"""Key-value storage."""

import base64
import binascii

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.clock import iso_exact
from debros.gateway import lifetimes, media_types
from debros.gateway.answers.storage import DeletedAnswer, ExistsAnswer, KeysAnswer, PutAnswer
from debros.gateway.bodies import decode, json
from debros.gateway.departures import departure
from debros.gateway.errors import Problem
from debros.gateway.idempotency import claim, expect, kept, once
from debros.gateway.openapi.codes import DATABASE, WRITE
from debros.gateway.openapi.describe import Body, Parameter, describe
from debros.gateway.preconditions import conditions, etag
from debros.gateway.queries import integer
from debros.gateway.state import principal, services, timings
from debros.tenants.storage.store import Written

_MAX_PAGE = 1000
_KEY_HINT = "give the key as ?key= or in a JSON body"
# What a caller has stored may be a page; opened in a browser it must not be one of the gateway's.
_HARMLESS = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"}
_TAG = "Storage"
_KEY = Parameter("key", "the key; else it is in a JSON body")
_CONDITIONS = (
    Parameter("If-Match", "`*` or entity tags: only if the value is one of these", place="header"),
    Parameter("If-None-Match", "`*` or entity tags: only if the value is none of these", place="header"),
)
_BAD_KEY = DATABASE | {"invalid_body", "invalid_json", "invalid_key"}
_CONDITIONAL = _BAD_KEY | {"invalid_condition", "precondition_failed"}
_ETAG = {"ETag": "the value's strong entity tag"}
_EXPIRES = {"X-Expires-At": "when the value ends, RFC 3339; absent when it stays"}


class PutRequest(msgspec.Struct):
    """A value in base64 under a key; `ttl` in seconds, or a duration such as 15m."""

    key: str
    value_base64: bytes  # msgspec decodes base64 for this type
    ttl: float | str | None = None
    content_type: str | None = None


class KeyRequest(msgspec.Struct):
    """A key."""

    key: str


_put_decoder = msgspec.json.Decoder(PutRequest)
_key_decoder = msgspec.json.Decoder(KeyRequest)


@describe(
    _TAG,
    description="With `?key=` the body is the value, whatever it looks like, and may be empty; else it is JSON.",
    parameters=(_KEY, Parameter("ttl", "how long the value stays: seconds, or a duration such as 15m"), *_CONDITIONS),
    body=Body(PutRequest, raw="*/*", required=False),
    answers={201: Body(PutAnswer, description="The value is kept", headers=_ETAG)},
    codes=_CONDITIONAL | WRITE | {"empty_body", "invalid_content_type", "invalid_parameter", "value_too_large"},
)
async def put(request: Request) -> Response:
    """Store a value: with ?key= the body is the value, whatever it looks like; else it is JSON."""
    body = await request.body()
    query = request.query_params
    key, kind = query.get("key"), request.headers.get("Content-Type")
    ttl: float | str | None = query.get("ttl")
    if key is None:
        sent = decode(body, _put_decoder)
        if ttl is not None and sent.ttl is not None:
            raise Problem(400, "invalid_parameter", "there are two ttl, in the query and in the body; give one of them")
        key, body, kind, ttl = sent.key, sent.value_base64, sent.content_type, ttl if sent.ttl is None else sent.ttl
    kind, lifetime, wanted = media_types.content_type(kind), lifetimes.milliseconds(ttl), conditions(request.headers)
    claimed = claim(request.scope)
    if claimed is not None:
        claimed.render = lambda made: kept(_stored(key, len(body), made))
    with timings(request.scope).measure("db"):
        made = await services(request).storage.put(
            principal(request.scope).namespace,
            key,
            body,
            content_type=kind,
            ttl=lifetime,
            conditions=wanted,
            departure=departure(request.scope),
            claim=claimed,
        )
    return _stored(key, len(body), made)


@describe(
    _TAG,
    parameters=(_KEY, *_CONDITIONS),
    body=Body(KeyRequest, required=False),
    answers={
        200: Body(raw="*/*", description="The value, with the type it was put with", headers=_ETAG | _EXPIRES),
        304: Body(description="The caller has the value", headers=_ETAG | _EXPIRES),
    },
    codes=_CONDITIONAL | {"key_not_found"},
)
async def get(request: Request) -> Response:
    """Answer the value's bytes, or 304 when the caller has them."""
    key = await _key(request)
    wanted = conditions(request.headers)
    with timings(request.scope).measure("db"):
        found = await services(request).storage.get(principal(request.scope).namespace, key, wanted)
    headers = {"ETag": etag(found.version)}
    if found.expires_at is not None:
        headers["X-Expires-At"] = iso_exact(found.expires_at)
    if found.value is not None:
        kind = {"Content-Type": found.content_type or media_types.UNKNOWN}
        return Response(found.value, headers=headers | kind | _HARMLESS)
    if request.method == "POST":  # RFC 9110, 13.1.2: 304 is for GET and HEAD
        raise Problem(
            412, "precondition_failed", "the value is one that If-None-Match names", headers={"ETag": headers["ETag"]}
        )
    return Response(status_code=304, headers=headers)


@describe(
    _TAG,
    DeletedAnswer,
    parameters=(_KEY, *_CONDITIONS),
    body=Body(KeyRequest, required=False),
    codes=_CONDITIONAL | WRITE,
)
async def delete(request: Request) -> Response:
    """Remove a value; removing what is not there is no error, so that a repeat is harmless."""
    key = await _key(request)
    wanted = conditions(request.headers)
    with timings(request.scope).measure("db"):
        namespace = principal(request.scope).namespace
        told: DeletedAnswer = {"status": "ok", "key": key}
        answer = json(told)
        claimed = expect(request.scope, answer.status_code, bytes(answer.body))
        await services(request).storage.delete(namespace, key, wanted, departure(request.scope), claimed)
    return answer


@describe(_TAG, ExistsAnswer, parameters=(_KEY,), codes=_BAD_KEY)
async def exists(request: Request) -> Response:
    """Answer whether there is a value."""
    key = await _key(request)
    with timings(request.scope).measure("db"):
        found = await services(request).storage.exists(principal(request.scope).namespace, key)
    answer: ExistsAnswer = {"exists": found}
    return json(answer)


@describe(
    _TAG,
    KeysAnswer,
    parameters=(
        Parameter("prefix", "only keys that begin so; `%` and `_` are plain characters"),
        Parameter(
            "limit", "keys of a page", {"type": "integer", "minimum": 1, "maximum": _MAX_PAGE, "default": _MAX_PAGE}
        ),
        Parameter("cursor", "`next_cursor` of the page before"),
    ),
    codes=DATABASE | {"invalid_cursor", "invalid_parameter", "invalid_prefix"},
)
async def list_keys(request: Request) -> Response:
    """Answer keys in order of their bytes, a page at a time; `next_cursor` is there when more follow."""
    query = request.query_params
    limit = integer(query, "limit", default=_MAX_PAGE, least=1, most=_MAX_PAGE)
    after = _decode_cursor(query.get("cursor", ""))
    with timings(request.scope).measure("db"):
        page = await services(request).storage.list(
            principal(request.scope).namespace, query.get("prefix", ""), limit, after
        )
    answer: KeysAnswer = {"keys": page.keys}
    if page.last is not None:
        answer["next_cursor"] = base64.urlsafe_b64encode(page.last.encode()).decode()
    return json(answer)


def _stored(key: str, size: int, made: Written) -> Response:
    told: PutAnswer = {"status": "ok", "key": key, "size": size}
    if made.expires_at is not None:
        told["expires_at"] = iso_exact(made.expires_at)
    answer = json(told, 201)
    answer.headers["ETag"] = etag(made.version)
    return answer


async def _key(request: Request) -> str:
    key = request.query_params.get("key")
    if key is not None:
        return key
    body = await request.body()
    if not body:
        raise Problem(400, "invalid_key", f"there is no key; {_KEY_HINT}")
    return decode(body, _key_decoder).key


def _decode_cursor(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Problem(400, "invalid_cursor", "the cursor is not one; pass next_cursor back as it came") from None


ROUTES = [
    Route("/v1/storage/put", once(put), methods=["POST"]),
    Route("/v1/storage/get", get, methods=["GET", "POST"]),
    Route("/v1/storage/delete", once(delete), methods=["POST"]),
    Route("/v1/storage/exists", exists, methods=["GET"]),
    Route("/v1/storage/list", list_keys, methods=["GET"]),
]
