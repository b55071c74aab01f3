"""Sign-in in a browser: the page, the wallet's answer for a program on the same machine, the exchange of the code."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.sign_in import LoginAnswer, VerifyAnswer
from debros.gateway.auth import inputs, loopback
from debros.gateway.auth.caller import caller
from debros.gateway.bodies import read_json
from debros.gateway.errors import Problem
from debros.gateway.idempotency import without
from debros.gateway.openapi.codes import JSON_BODY, KEYS, SIGNED, WAITING
from debros.gateway.openapi.describe import Body, Parameter, describe
from debros.gateway.origins import own_page
from debros.gateway.pages import files, sign_in
from debros.gateway.routes.signed import prove
from debros.gateway.routes.tokens import private, signed_in
from debros.gateway.state import services, timings

_TAG = "Sign-in"
_PAGE = {"Content-Security-Policy": files.POLICY}
_HTML = "text/html"
_OF_PROGRAM = ("callback", "state", "code_challenge", "code_challenge_method")
_PARAMETERS = (
    Parameter("callback", "Where a program on the browser's machine waits; without it the browser signs in itself"),
    Parameter("state", "The program's own word; it comes back with the code"),
    Parameter("code_challenge", "SHA-256 of the program's verifier, base64url"),
    Parameter("code_challenge_method", "S256", {"const": "S256"}),
    Parameter("namespace", "Where to sign in; without it the page asks"),
    Parameter("device", "The page asks for the code that a device shows"),
    Parameter("user_code", "The code that a device shows"),
)


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


@describe(
    _TAG,
    parameters=_PARAMETERS,
    answers={
        200: Body(raw=_HTML, description="The page"),
        400: Body(raw=_HTML, description="The same in words, where a browser asks"),
    },
    codes=WAITING | {"invalid_namespace", "invalid_parameter"},
)
async def page(request: Request) -> Response:
    """Answer the sign-in page."""
    try:
        _check(request)
    except Problem as problem:
        if _HTML not in request.headers.get("accept", ""):
            raise
        request.scope["state"]["problem"] = problem  # for the figures
        text = sign_in.refused(problem.code, problem.detail)
        return Response(text, problem.status, media_type=_HTML, headers=_PAGE)
    return Response(sign_in.file("page.html"), media_type=_HTML, headers=_PAGE)


def _check(request: Request) -> None:
    """Pass when the page can begin with this address.

    Raises:
        Problem: 400; it cannot.
    """
    given = request.query_params
    for parameter in _PARAMETERS:
        # Of two, the page might take the one and the gateway the other.
        if len(given.getlist(parameter.name)) > 1:
            raise Problem(400, "invalid_parameter", f"{parameter.name} is given more than once; give it once")
    if any(name in given for name in _OF_PROGRAM):
        loopback.waiting(*(given.get(name, "") for name in _OF_PROGRAM))
    if given.get("namespace"):
        inputs.namespace(given["namespace"], "")


@describe(
    _TAG,
    parameters=(Parameter("name", "Which one", {"enum": list(sign_in.FILES)}, place="path"),),
    answers={200: Body(raw="*/*", description="The file")},
    codes=frozenset({"not_found"}),
)
async def file(request: Request) -> Response:
    """Answer a file of the sign-in page."""
    name = request.path_params["name"]
    if name not in sign_in.FILES:
        raise Problem(404, "not_found", "the sign-in page has no such file")
    return Response(sign_in.file(name), media_type=files.media_type(name), headers=_PAGE)


@describe(_TAG, LoginAnswer, body=CompleteRequest, codes=JSON_BODY | SIGNED | WAITING | {"origin_not_allowed"})
async def complete(request: Request) -> Response:
    """Answer where the sign-in page goes with a signature: to the waiting program, with a code good for 60 seconds."""
    own_page(request.headers, services(request).auth.domains.configured)
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
    Route("/v1/auth/login", page, methods=["GET"]),
    Route("/v1/auth/login/files/{name}", file, methods=["GET"]),
    Route("/v1/auth/login/complete", without(complete), methods=["POST"]),
    Route("/v1/auth/exchange", without(exchange), methods=["POST"]),
]
