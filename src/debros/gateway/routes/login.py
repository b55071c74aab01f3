"""Sign-in in a browser for a program on the same machine: the wallet's answer, and the exchange of the code."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.sign_in import LoginAnswer, VerifyAnswer
from debros.gateway.auth import loopback
from debros.gateway.auth.caller import caller
from debros.gateway.bodies import read_json
from debros.gateway.idempotency import without
from debros.gateway.openapi.codes import JSON_BODY, KEYS, SIGNED, WAITING
from debros.gateway.openapi.describe import describe
from debros.gateway.origins import own_page
from debros.gateway.routes.signed import prove
from debros.gateway.routes.tokens import private, signed_in
from debros.gateway.state import services, timings

_TAG = "Sign-in"


class CompleteRequest(msgspec.Struct):
    """A signed challenge, and the program that waits: where, with which `state`, for which `code_challenge`."""

    wallet: str
    nonce: str
    signature: str
    state: str
    code_challenge: str
    callback: str
    namespace: str | None = None
    chain_type: str | None = None
    message: str | None = None


class ExchangeRequest(msgspec.Struct):
    """The code, the verifier of its challenge, and the callback it came to."""

    code: str
    code_verifier: str
    redirect_uri: str


_complete_decoder = msgspec.json.Decoder(CompleteRequest)
_exchange_decoder = msgspec.json.Decoder(ExchangeRequest)


@describe(_TAG, LoginAnswer, body=CompleteRequest, codes=JSON_BODY | SIGNED | WAITING | {"origin_not_allowed"})
async def complete(request: Request) -> Response:
    """Answer where the sign-in page goes with a signature: to the waiting program, with a code good for 60 seconds."""
    own_page(request.headers)
    sent = await read_json(request, _complete_decoder)
    waiting = loopback.waiting(sent.callback, sent.state, sent.code_challenge)
    proven = await prove(request, sent)
    with timings(request.scope).measure("db"):
        where = await services(request).auth.logins.complete(proven, waiting, caller(request.scope))
    answer: LoginAnswer = {"redirect_to": where}
    return private(answer)


@describe(_TAG, VerifyAnswer, body=ExchangeRequest, codes=JSON_BODY | KEYS | {"invalid_code", "not_owner"})
async def exchange(request: Request) -> Response:
    """Exchange a code of the sign-in page for what `verify` answers; a code that comes twice ends its session."""
    held = services(request)
    sent = await read_json(request, _exchange_decoder)
    await held.auth.gate.key()
    await held.auth.signer.ready()  # before the code is spent: without one there is nothing to give for it
    with timings(request.scope).measure("db"):
        redeemed = await held.auth.logins.exchange(
            sent.code, sent.code_verifier, sent.redirect_uri, caller(request.scope)
        )
    return private(signed_in(held, redeemed.done, redeemed.nonce))


ROUTES = [
    Route("/v1/auth/login/complete", without(complete), methods=["POST"]),
    Route("/v1/auth/exchange", without(exchange), methods=["POST"]),
]
