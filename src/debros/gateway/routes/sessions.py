"""Where a wallet is signed in, and ending that."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.sign_in import SessionEndedAnswer, SessionsAnswer
from debros.gateway.auth.caller import caller
from debros.gateway.auth.principal import Principal
from debros.gateway.auth.refusals import missing_credential, wallet_required
from debros.gateway.errors import Problem
from debros.gateway.idempotency import without
from debros.gateway.openapi.codes import KEYS
from debros.gateway.openapi.describe import Parameter, describe
from debros.gateway.routes.tokens import private
from debros.gateway.state import principal, services, timings

_TAG = "Sign-in"


@describe(_TAG, SessionsAnswer, codes=KEYS | {"wallet_required"})
async def list_sessions(request: Request) -> Response:
    """Answer the open sessions of the signed-in wallet in its namespace, the newest first."""
    held, by = services(request), _wallet(request)
    await held.auth.gate.tables()
    with timings(request.scope).measure("db"):
        found = await held.auth.open_sessions.list(by.namespace, by.subject, by.session)
    answer: SessionsAnswer = {"sessions": found, "count": len(found)}
    return private(answer)


@describe(
    _TAG,
    SessionEndedAnswer,
    parameters=(Parameter("id", "the session's id, as it is listed", place="path"),),
    codes=KEYS | {"session_not_found", "wallet_required"},
)
async def end(request: Request) -> Response:
    """End one session of the signed-in wallet in its namespace; its tokens are refused from now on."""
    held, by = services(request), _wallet(request)
    identity = request.path_params["id"]
    await held.auth.gate.tables()
    with timings(request.scope).measure("db"):
        ended = await held.auth.sessions.end(identity, by.namespace, by.subject, caller(request.scope))
    if not ended:
        raise Problem(
            404,
            "session_not_found",
            "this wallet has no such open session in this namespace; it may have ended already",
        )
    await held.auth.changes.catch_up()
    answer: SessionEndedAnswer = {"status": "ok", "id": identity}
    return private(answer)


def _wallet(request: Request) -> Principal:
    """Return the caller, who must be a wallet that has signed in.

    Raises:
        Denied: 401 without a credential; 403 with an API key, or with an access token made from one.
    """
    by = principal(request.scope)
    if by.method == "none":
        raise missing_credential()
    if not by.session:
        raise wallet_required(by.namespace, by.subject, by.key_id)
    return by


ROUTES = [
    Route("/v1/auth/sessions", list_sessions, methods=["GET"]),
    Route("/v1/auth/sessions/{id}", without(end), methods=["DELETE"]),
]
