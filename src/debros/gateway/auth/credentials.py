"""Where a request carries its credential."""

from dataclasses import dataclass, field

from starlette.datastructures import QueryParams
from starlette.types import Scope

from debros.gateway.headers import header

_SCHEMES = ("bearer", "apikey")
_QUERY = ("api_key", "token")
_TICKET = "ticket"
_KEPT = "presented"


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential as it came; `ticket` when it is one for a single WebSocket. The text stays out of every repr."""

    text: str = field(repr=False)
    ticket: bool = False


def presented(scope: Scope) -> Presented | None:
    """Return the credential of a request, or None when it has none; it is read once.

    In this order: Authorization (Bearer or ApiKey), X-API-Key, and for WebSocket upgrades, where browsers cannot
    set headers, the query's `ticket`, `api_key` or `token`.
    """
    state = scope.setdefault("state", {})
    if _KEPT not in state:
        state[_KEPT] = _read(scope)
    found: Presented | None = state[_KEPT]
    return found


def _read(scope: Scope) -> Presented | None:
    scheme, _, value = header(scope, b"authorization").partition(" ")
    if scheme.lower() in _SCHEMES and value.strip():
        return Presented(value.strip())
    if key := header(scope, b"x-api-key").strip():
        return Presented(key)
    if scope["type"] == "websocket":
        query = QueryParams(scope["query_string"])
        if ticket := query.get(_TICKET):
            return Presented(ticket, ticket=True)
        return next((Presented(query[name]) for name in _QUERY if query.get(name)), None)
    return None
