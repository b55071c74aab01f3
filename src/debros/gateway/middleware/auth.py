"""Everything but the public paths needs a credential; who it belongs to is put where the routes find it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from debros.gateway.auth.credentials import credential
from debros.gateway.auth.principal import Authenticator, Principal
from debros.gateway.errors import Problem
from debros.gateway.state import timings

PUBLIC = frozenset(
    {
        "/.well-known/jwks.json",
        "/health",
        "/livez",
        "/openapi.json",
        "/readyz",
        "/v1/auth/challenge",
        "/v1/auth/jwks",
        "/v1/auth/login",
        "/v1/auth/refresh",
        "/v1/auth/register",
        "/v1/auth/verify",
        "/v1/health",
        "/v1/status",
        "/v1/version",
    }
)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="debros"'}
_CHALLENGE_INVALID = {"WWW-Authenticate": 'Bearer realm="debros", error="invalid_token"'}


class Auth:
    """Sets `scope["state"]["principal"]`.

    Args:
        app: What comes next.
        authenticator: Knows who owns a credential.
        anonymous: Who asks without a credential; None when one is required.
    """

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator, anonymous: Principal | None) -> None:
        self._app = app
        self._authenticator = authenticator
        self._anonymous = anonymous

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find out who asks, then pass the request on."""
        if scope["type"] in {"http", "websocket"} and scope["path"] not in PUBLIC:
            with timings(scope).measure("auth"):
                scope["state"]["principal"] = await self._principal(scope)
        await self._app(scope, receive, send)

    async def _principal(self, scope: Scope) -> Principal:
        presented = credential(scope)
        if presented is None:
            if self._anonymous is None:
                raise Problem(401, "missing_api_key", "missing API key", headers=_CHALLENGE)
            return self._anonymous
        principal = await self._authenticator.authenticate(presented)
        if principal is None:
            # Also where no credential is required: a wrong one must not end up in somebody else's namespace.
            raise Problem(401, "invalid_api_key", "invalid API key", headers=_CHALLENGE_INVALID)
        return principal
