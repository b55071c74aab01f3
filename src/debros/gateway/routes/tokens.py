"""The answer of whatever opens a session."""

from starlette.responses import Response

from debros.gateway.answers.sign_in import TokensAnswer, VerifyAnswer
from debros.gateway.auth.openings import SignedIn
from debros.gateway.auth.sessions import Session
from debros.gateway.bodies import json
from debros.gateway.state import Services

_SECRET = {"Cache-Control": "no-store"}


def tokens(held: Services, session: Session) -> TokensAnswer:
    """Return a session's refresh token with a new access token.

    Raises:
        Problem: 503; there is no key to sign with yet.
    """
    issued = held.auth.tokens.issue(session.wallet, session.namespace, session=session.id)
    return {
        "access_token": issued.token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "refresh_token": session.refresh_token,
        "subject": session.wallet,
        "namespace": session.namespace,
    }


def signed_in(held: Services, done: SignedIn, nonce: str) -> VerifyAnswer:
    """Return what a new session's wallet is told.

    Raises:
        Problem: 503; there is no key to sign with yet.
    """
    answer: VerifyAnswer = {
        **tokens(held, done.session),  # type: ignore[typeddict-item]  # it might hold an api_key, mypy thinks
        "nonce": nonce,
        "signature_verified": True,
    }
    if done.api_key:
        answer["api_key"] = done.api_key
    return answer


def private(content: object, status: int = 200) -> Response:
    """Return a JSON answer that no cache may keep."""
    response = json(content, status)
    response.headers.update(_SECRET)
    return response
