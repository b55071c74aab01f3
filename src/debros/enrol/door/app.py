"""The door's routes: JSON in, JSON out, each body small and complete before anything is done."""

from __future__ import annotations

import base64
import binascii
import contextlib
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from debros.enrol.door.desk import Guest
from debros.enrol.members import MemberError, check_address, check_name
from debros.gateway.bodies import decode
from debros.gateway.errors import Problem
from debros.gateway.middleware.body_limit import BodyLimit
from debros.gateway.middleware.error_boundary import ErrorBoundary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from debros.enrol.door.desk import Desk
    from debros.rqlite.client import RqliteClient

_MOST_BYTES: Final = 8192
_BODY_SECONDS: Final = 10.0
_SECRET_BYTES: Final = 32

_Text = Annotated[str, msgspec.Meta(max_length=256)]


class _Hello(msgspec.Struct, forbid_unknown_fields=True):
    secret: _Text
    claim: _Text | None = None
    name: _Text = ""
    address: _Text = ""
    version: _Text = ""


class _Join(msgspec.Struct, forbid_unknown_fields=True):
    secret: _Text
    claim: _Text
    name: _Text
    address: _Text
    version: _Text


class _Done(msgspec.Struct, forbid_unknown_fields=True):
    secret: _Text
    claim: _Text


def create_app(desk: Desk, rqlite: RqliteClient, ca_pem: str) -> Starlette:
    """Return the door's application; it opens and closes the client of the database.

    Args:
        desk: the rules.
        rqlite: the client that the desk uses.
        ca_pem: the authority's certificate, for whoever wants to compare it.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with rqlite:
            yield

    async def authority(_: Request) -> Response:
        return PlainTextResponse(ca_pem, media_type="application/x-pem-file")

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/ca.pem", authority, methods=["GET"]),
            Route("/livez", alive, methods=["GET"]),
            Route("/v1/hello", _route(_Hello, desk.hello), methods=["POST"]),
            Route("/v1/join", _route(_Join, desk.join), methods=["POST"]),
            Route("/v1/done", _route(_Done, desk.done), methods=["POST"]),
        ],
        middleware=[
            Middleware(ErrorBoundary),
            Middleware(BodyLimit, default=_MOST_BYTES, by_path={}, timeout=_BODY_SECONDS),
        ],
        exception_handlers={HTTPException: _problem},
        lifespan=lifespan,
    )


def _route(
    shape: type[_Hello | _Join | _Done], answer: Callable[[Guest], Awaitable[dict[str, Any]]]
) -> Callable[[Request], Awaitable[Response]]:
    decoder = msgspec.json.Decoder(shape)

    async def handle(request: Request) -> Response:
        asked = decode(await request.body(), decoder)
        return JSONResponse(await answer(_guest(asked, request)), headers={"Cache-Control": "no-store"})

    return handle


def _guest(asked: _Hello | _Join | _Done, request: Request) -> Guest:
    claim = _bytes("claim", asked.claim) if asked.claim else None
    origin = request.client.host.removeprefix("::ffff:") if request.client else ""
    guest = Guest(_bytes("secret", asked.secret), claim, origin=origin)
    if isinstance(asked, _Done) or not (asked.name or asked.address):
        version = "" if isinstance(asked, _Done) else asked.version
        return Guest(guest.secret, claim, version=version, origin=origin)
    try:
        name, address = check_name(asked.name), check_address(asked.address)
    except MemberError as error:
        raise Problem(400, "invalid_host", str(error)) from None
    return Guest(guest.secret, claim, name, address, asked.version, origin)


def _bytes(field: str, text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error:
        value = b""
    if len(value) != _SECRET_BYTES:
        raise Problem(400, "invalid_body", f"{field} must be {_SECRET_BYTES} bytes in base64")
    return value


async def _problem(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    problem = Problem(status, "not_found", "there is nothing here but the door for hosts with an invite")
    return Response(problem.body(request.url.path), status, media_type="application/problem+json")
