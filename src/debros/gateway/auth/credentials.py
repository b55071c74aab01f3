"""Where a request carries its credential."""

from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

_SCHEMES = ("bearer", "apikey")
_QUERY = ("api_key", "token")


def credential(scope: Scope) -> str | None:
    """Return the credential of a request, or None when it has none.

    In this order: Authorization (Bearer or ApiKey), X-API-Key, and for WebSocket upgrades, where browsers cannot
    set headers, the query's `api_key` or `token`.
    """
    headers = Headers(scope=scope)
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() in _SCHEMES and value.strip():
        return value.strip()
    if key := headers.get("x-api-key", "").strip():
        return key
    if scope["type"] == "websocket":
        query = QueryParams(scope["query_string"])
        return next((query[name] for name in _QUERY if query.get(name)), None)
    return None
