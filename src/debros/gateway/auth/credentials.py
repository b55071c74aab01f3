"""Where a request carries its credential."""

from dataclasses import dataclass, field

from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

_SCHEMES = ("bearer", "apikey")
_QUERY = ("api_key", "token")
_TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential as it came; `ticket` when it is one for a single WebSocket. The text stays out of every repr."""

    text: str = field(repr=False)
    ticket: bool = False


def presented(scope: Scope) -> Presented | None:
    """Return the credential of a request, or None when it has none.

    In this order: Authorization (Bearer or ApiKey), X-API-Key, and for WebSocket upgrades, where browsers cannot
    set headers, the query's `ticket`, `api_key` or `token`.
    """
    headers = Headers(scope=scope)
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() in _SCHEMES and value.strip():
        return Presented(value.strip())
    if key := headers.get("x-api-key", "").strip():
        return Presented(key)
    if scope["type"] == "websocket":
        query = QueryParams(scope["query_string"])
        if ticket := query.get(_TICKET):
            return Presented(ticket, ticket=True)
        return next((Presented(query[name]) for name in _QUERY if query.get(name)), None)
    return None
