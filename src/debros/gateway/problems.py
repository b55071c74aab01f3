"""What the floors below raise, as answers. The one place that decides status codes for their errors.

Existing SDKs repeat every 5xx, inserts included; so 5xx is only what is not the caller's fault, and an unknown
outcome carries no Retry-After.
"""

from starlette.exceptions import HTTPException

from debros.gateway.auth.wallets import WalletError
from debros.gateway.errors import Problem
from debros.p2p.client import RelayUnavailable
from debros.p2p.protocol import P2PError
from debros.rqlite import errors as rqlite
from debros.tenants import errors as tenants
from debros.tenants.idempotency import KeysFull

_RETRY_LEADER = {"Retry-After": "1"}
_RETRY_UPSTREAM = {"Retry-After": "2"}
# Records end one by one, the last after 24 hours.
_RETRY_KEYS = {"Retry-After": "60"}


def problem_for(error: Exception, method: str = "", path: str = "") -> Problem | None:  # noqa: PLR0911 - one a case
    """Return the answer for an error, or None when nobody foresaw it."""
    match error:
        case Problem():
            return error
        case tenants.TenantError():
            return _tenant(error)
        case WalletError():
            return Problem(400, error.code, error.message)
        case rqlite.RqliteError():
            return _rqlite(error)
        case RelayUnavailable():
            return Problem(503, "node_unavailable", "the peer-to-peer node is not reachable", headers=_RETRY_UPSTREAM)
        case P2PError():
            return Problem(503, "node_error", f"the peer-to-peer node refused the request: {error.code}")
        case HTTPException(status_code=405):
            allow = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
            return Problem(405, "method_not_allowed", f"{path} takes {allow}, not {method}", headers={"Allow": allow})
    return None


def _tenant(error: tenants.TenantError) -> Problem:  # noqa: PLR0911 - one a case
    match error:
        case tenants.KeyNotFound():
            return Problem(404, error.code, error.message)
        case tenants.ConditionFailed():
            return Problem(412, error.code, error.message)
        case tenants.NotReady() | tenants.SchemaBusy():
            return Problem(503, error.code, error.message, headers=_RETRY_LEADER)
        case tenants.UnknownNamespace():
            return Problem(403, error.code, error.message)
        case tenants.DatabaseFull():
            return Problem(507, error.code, error.message)
        case KeysFull():
            return Problem(429, error.code, error.message, headers=_RETRY_KEYS)
        case tenants.TooMuch():
            return Problem(413, error.code, error.message)
        case tenants.SqlRefused(code="too_many_tables"):
            return Problem(413, error.code, error.message)
        case tenants.SqlRefused(index=int(index)):
            return Problem(400, error.code, error.message, extra={"index": index})
    return Problem(400, error.code, error.message)


def _rqlite(error: rqlite.RqliteError) -> Problem:
    match error:
        case rqlite.StatementError():
            # A statement of our own failed: nothing the caller wrote, so nothing to show either.
            return Problem(500, "internal_error", "the gateway could not read its own tables")
        case rqlite.TooLarge():
            return Problem(413, "result_too_large", "the answer has too many bytes; ask for less")
        case rqlite.Busy(own=True):
            return Problem(
                429,
                "too_many_writes",
                "the namespace has too many writes waiting; nothing was applied, send fewer at once",
                headers=_RETRY_LEADER,
            )
        case rqlite.UnknownOutcome():
            return Problem(
                503,
                "outcome_unknown",
                "the database did not confirm the write in time; it may have been applied: look before repeating it",
            )
    return _try_again(error)


def _try_again(error: rqlite.RqliteError) -> Problem:
    """Return the answer for what may work later; nothing was applied."""
    match error:
        case rqlite.NoLeader():
            return Problem(
                503,
                "no_leader",
                "the database has no leader at the moment; nothing was applied, try again",
                headers=_RETRY_LEADER,
            )
        case rqlite.Busy():
            return Problem(
                503,
                "database_busy",
                "too many writes are waiting for the database; nothing was applied, try again",
                headers=_RETRY_UPSTREAM,
            )
    return Problem(
        503, "database_unavailable", "the database cannot be reached; nothing was applied", headers=_RETRY_UPSTREAM
    )
