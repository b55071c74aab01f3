"""Key-value storage."""

import base64
import binascii

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.bodies import decode, json
from debros.gateway.errors import Problem
from debros.gateway.queries import integer
from debros.gateway.state import principal, services, timings

_MAX_PAGE = 1000
_KEY_HINT = "give the key as ?key= or in a JSON body"


class _Put(msgspec.Struct):
    key: str
    value_base64: bytes  # msgspec decodes base64 for this type


class _Key(msgspec.Struct):
    key: str


_put_decoder = msgspec.json.Decoder(_Put)
_key_decoder = msgspec.json.Decoder(_Key)


async def put(request: Request) -> Response:
    """Store a value: with ?key= the body is the value, whatever it looks like; else it is JSON."""
    body = await request.body()
    key = request.query_params.get("key")
    if key is None:
        sent = decode(body, _put_decoder)
        key, body = sent.key, sent.value_base64
    with timings(request.scope).measure("db"):
        await services(request).storage.put(principal(request.scope).namespace, key, body)
    return json({"status": "ok", "key": key, "size": len(body)}, 201)


async def get(request: Request) -> Response:
    """Answer the value's bytes."""
    key = await _key(request)
    with timings(request.scope).measure("db"):
        value = await services(request).storage.get(principal(request.scope).namespace, key)
    return Response(value, media_type="application/octet-stream")


async def delete(request: Request) -> Response:
    """Remove a value; removing what is not there is no error, so that a repeat is harmless."""
    key = await _key(request)
    with timings(request.scope).measure("db"):
        await services(request).storage.delete(principal(request.scope).namespace, key)
    return json({"status": "ok", "key": key})


async def exists(request: Request) -> Response:
    """Answer whether there is a value."""
    key = await _key(request)
    with timings(request.scope).measure("db"):
        found = await services(request).storage.exists(principal(request.scope).namespace, key)
    return json({"exists": found})


async def list_keys(request: Request) -> Response:
    """Answer keys in order of their bytes, a page at a time; `next_cursor` is there when more follow."""
    query = request.query_params
    limit = integer(query, "limit", default=_MAX_PAGE, least=1, most=_MAX_PAGE)
    after = _decode_cursor(query.get("cursor", ""))
    with timings(request.scope).measure("db"):
        page = await services(request).storage.list(
            principal(request.scope).namespace, query.get("prefix", ""), limit, after
        )
    more = {} if page.last is None else {"next_cursor": base64.urlsafe_b64encode(page.last.encode()).decode()}
    return json({"keys": page.keys, **more})


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
    Route("/v1/storage/put", put, methods=["POST"]),
    Route("/v1/storage/get", get, methods=["GET", "POST"]),
    Route("/v1/storage/delete", delete, methods=["POST"]),
    Route("/v1/storage/exists", exists, methods=["GET"]),
    Route("/v1/storage/list", list_keys, methods=["GET"]),
]
