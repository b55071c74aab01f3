"""The API's description, for programs and for people."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.openapi.describe import Body, describe
from debros.gateway.openapi.page import POLICY
from debros.gateway.state import reference

_TAG = "Gateway"
# It changes with the gateway's version only.
_PUBLIC = {"Cache-Control": "public, max-age=300"}


@describe(_TAG, answers={200: Body(dict, description="This document")})
async def openapi(request: Request) -> Response:
    """Answer the description of this API, OpenAPI 3.1."""
    return Response(reference(request).json, media_type="application/json", headers=_PUBLIC)


@describe(_TAG, answers={200: Body(raw="text/html", description="The page")})
async def docs(request: Request) -> Response:
    """Answer the description of this API as a page to read."""
    headers = _PUBLIC | {"Content-Security-Policy": POLICY}
    return Response(reference(request).html, media_type="text/html", headers=headers)


ROUTES = [Route("/openapi.json", openapi, methods=["GET"]), Route("/docs", docs, methods=["GET"])]
