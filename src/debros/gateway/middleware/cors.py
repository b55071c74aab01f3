"""Starlette's CORS with our list of origins, and with our shape of errors."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from debros.gateway.errors import Problem
from debros.gateway.origins import Origins

_METHODS = ("DELETE", "GET", "HEAD", "POST", "PUT")
_REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-API-Key",
    "X-Request-ID",
)
_RESPONSE_HEADERS = (
    "Allow",
    "ETag",
    "Idempotency-Replayed",
    "Retry-After",
    "Server-Timing",
    "WWW-Authenticate",
    "X-Expires-At",
    "X-Request-ID",
)


_VARY = (b"vary", b"Origin")


async def _nobody(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand where Starlette's middleware wants what comes next: it is asked for headers only."""


class Cors(CORSMiddleware):
    """CORS without cookies: credentials travel in headers the page sets itself."""

    def __init__(self, origins: Origins) -> None:
        super().__init__(
            _nobody,
            allow_origins=("*",) if origins.everybody else (),
            allow_origin_regex=None if origins.everybody else f"(?i:{origins.regex})",
            allow_methods=_METHODS,
            allow_headers=_REQUEST_HEADERS,
            expose_headers=_RESPONSE_HEADERS,
        )

    def preflight(self, scope: Scope) -> Response | None:
        """Return the answer to a preflight, None for every other request."""
        if scope["type"] != "http" or scope["method"] != "OPTIONS":
            return None
        headers = Headers(scope=scope)
        if "origin" not in headers or "access-control-request-method" not in headers:
            return None
        return self.preflight_response(headers)

    def add(self, scope: Scope, headers: list[tuple[bytes, bytes]]) -> None:
        """Say in an answer's headers who may read it: what CORSMiddleware.send does, without its detours."""
        sent = MutableHeaders(raw=headers)
        origin = _origin(scope)
        if origin is not None:
            sent.update(self.simple_headers)
            if not self.allow_all_origins and self.is_allowed_origin(origin):
                sent["Access-Control-Allow-Origin"] = origin
        elif b"vary" not in [name for name, _ in headers]:
            headers.append(_VARY)  # almost every answer
            return
        sent["Vary"] = ", ".join([*sent.getlist("Vary"), "Origin"])

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight; a refused one as a problem."""
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        text = f"{bytes(response.body).decode()}; the operator lists allowed origins in cors_origins"
        problem = Problem(400, "cors_refused", text)
        refused = Response(problem.body("*"), problem.status, media_type="application/problem+json")
        refused.headers["vary"] = response.headers["vary"]
        return refused


def _origin(scope: Scope) -> str | None:
    """Return the Origin header, which may be empty, or None."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"), None)
