"""Starlette's CORS with our list of origins, and with our shape of errors."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

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


class Cors(CORSMiddleware):
    """CORS without cookies: credentials travel in headers the page sets itself."""

    def __init__(self, app: ASGIApp, *, origins: Origins) -> None:
        super().__init__(
            app,
            allow_origins=("*",) if origins.everybody else (),
            allow_origin_regex=None if origins.everybody else f"(?i:{origins.regex})",
            allow_methods=_METHODS,
            allow_headers=_REQUEST_HEADERS,
            expose_headers=_RESPONSE_HEADERS,
        )

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
