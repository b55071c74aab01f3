"""What each path asks of its caller."""

from enum import Enum

PUBLIC = frozenset(
    {
        "/.well-known/jwks.json",
        "/console",
        "/docs",
        "/health",
        "/livez",
        "/openapi.json",
        "/readyz",
        "/v1/auth/challenge",
        "/v1/auth/device",
        "/v1/auth/device/approve",
        "/v1/auth/device/deny",
        "/v1/auth/device/lookup",
        "/v1/auth/device/token",
        "/v1/auth/exchange",
        "/v1/auth/jwks",
        "/v1/auth/login",
        "/v1/auth/login/complete",
        "/v1/auth/refresh",
        "/v1/auth/register",
        "/v1/auth/verify",
        "/v1/health",
        "/v1/status",
        "/v1/version",
    }
)
_PUBLIC_BELOW = ("/console/files/", "/v1/auth/login/files/")
# A signature or a refresh token in the body does as well as a credential; the route sees to it. An access token that
# has just ended may still log out, so that path judges its credential itself.
OPTIONAL = frozenset({"/v1/auth/api-key"})
SELF_JUDGED = frozenset({"/v1/auth/logout"})
_OWNED = (
    "/v1/apps",
    "/v1/auth/api-keys/",
    "/v1/auth/sessions/",
    "/v1/db/",
    "/v1/namespaces/",
    "/v1/pubsub/",
    "/v1/rqlite/",
    "/v1/storage/",
)
OPERATORS = frozenset({"/v1/network/connect", "/v1/network/disconnect"})
_OWNED_ALSO = frozenset({"/v1/auth/api-keys", "/v1/auth/sessions", "/v1/auth/token", "/v1/auth/ws-ticket"})


class Access(Enum):
    """What a path asks."""

    PUBLIC = "nothing"
    OPTIONAL = "nothing, but a credential that is presented must be good"
    CREDENTIAL = "a credential"
    OWNER = "a credential of an owner of its namespace"
    ADMIN = "a key with the scope admin"


def access(path: str) -> Access:
    """Return what a path asks; what nobody thought of asks for a credential."""
    if path in PUBLIC or path in SELF_JUDGED or path.startswith(_PUBLIC_BELOW):
        return Access.PUBLIC
    if path in OPTIONAL:
        return Access.OPTIONAL
    if path.startswith(_OWNED) or path in _OWNED_ALSO:
        return Access.OWNER
    if path in OPERATORS:
        return Access.ADMIN
    return Access.CREDENTIAL
