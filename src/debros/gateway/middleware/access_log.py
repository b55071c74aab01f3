"""One log line for every request. Never its query: a WebSocket's credential may stand there."""

from starlette.types import Scope

from debros import logs
from debros.gateway.state import maybe_principal

_log = logs.Frequent("debros.gateway.access")
_SWITCHED = 101
# Asked every second by whoever watches; a good answer is no news.
_PROBES = frozenset({"/health", "/v1/health", "/livez", "/readyz"})
_GOOD = 200


def log(scope: Scope, status: int, seconds: float) -> None:
    """Log `request` when an answer is complete and `websocket` when a socket has ended; good probes at debug.

    Of a refusal also its code, the one in the answer's body: whoever reads the journal sees why.

    Args:
        scope: The request.
        status: HTTP status; 101 of a socket, 499 when the client left.
        seconds: How long it took.
    """
    principal = maybe_principal(scope)
    problem = scope["state"].get("problem")
    client = scope.get("client")
    write = _log.debug if status == _GOOD and scope["path"] in _PROBES else _log.info
    write(
        "websocket" if status == _SWITCHED else "request",
        method=scope.get("method", "GET"),
        path=scope["path"],
        status=status,
        duration_ms=round(seconds * 1000, 3),
        client=client[0] if client else "",
        namespace=principal.namespace if principal else "",
        request_id=scope["state"]["request_id"],
        **({"code": problem.code} if problem else {}),
    )
