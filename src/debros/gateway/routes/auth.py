"""Sign-in with a wallet, and what follows it."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.clock import iso
from debros.gateway.answers.sign_in import (
    AccessTokenAnswer,
    ChallengeAnswer,
    LogoutAnswer,
    RegisterAnswer,
    TicketAnswer,
    TokensAnswer,
    VerifyAnswer,
    WhoamiAnswer,
)
from debros.gateway.auth import inputs
from debros.gateway.auth.audit import Entry
from debros.gateway.auth.caller import caller
from debros.gateway.auth.credentials import presented
from debros.gateway.auth.refusals import invalid_credential, missing_credential
from debros.gateway.auth.tickets import LIFETIME as TICKET_LIFETIME
from debros.gateway.auth.wallets import Chain
from debros.gateway.bodies import read_json
from debros.gateway.errors import Problem
from debros.gateway.idempotency import without
from debros.gateway.openapi.codes import JSON_BODY, KEYS, SIGNED, WALLET
from debros.gateway.openapi.describe import Body, describe
from debros.gateway.routes.signed import Signed, prove
from debros.gateway.routes.tokens import private, signed_in, tokens
from debros.gateway.state import principal, services, timings

# EIP-155's number of the Ethereum main network; the Solana twin of EIP-4361 names its own.
_CHAIN_IDS = {Chain.ETHEREUM: "1", Chain.SOLANA: "mainnet"}
_MOST_CHAIN_ID = 2**53
_TAG = "Sign-in"


class ChallengeRequest(msgspec.Struct):
    """Who wants to sign in where; `chain_type` is ETH (default) or SOL, `chain_id` EIP-155's number."""

    wallet: str
    purpose: str | None = None
    namespace: str | None = None
    chain_type: str | None = None
    chain_id: int | None = None


class RefreshRequest(msgspec.Struct):
    """A refresh token; `namespace`, when given, must be its own."""

    refresh_token: str
    namespace: str | None = None


class LogoutRequest(msgspec.Struct):
    """Which session ends; with `all` every one of the wallet in the namespace."""

    refresh_token: str | None = None
    all: bool = False


_challenge_decoder = msgspec.json.Decoder(ChallengeRequest)
_signed_decoder = msgspec.json.Decoder(Signed)
_refresh_decoder = msgspec.json.Decoder(RefreshRequest)
_logout_decoder = msgspec.json.Decoder(LogoutRequest)


@describe(
    _TAG,
    ChallengeAnswer,
    body=ChallengeRequest,
    codes=JSON_BODY | KEYS | WALLET | {"invalid_chain_id", "invalid_host", "invalid_name"},
)
async def challenge(request: Request) -> Response:
    """Answer a nonce and the message to sign; nothing else comes into being."""
    held = services(request)
    sent = await read_json(request, _challenge_decoder)
    wallet = inputs.wallet(sent.wallet, sent.chain_type)
    namespace = inputs.namespace(sent.namespace, held.config.client_namespace)
    purpose = inputs.label(sent.purpose, "purpose", "authentication")
    made = await held.auth.challenges.make(
        wallet,
        namespace,
        domain=held.auth.domains.choose(request.headers.get("host", "")),
        scheme=request.scope["scheme"],
        chain_id=_chain_id(sent.chain_id, wallet.chain),
    )
    answer: ChallengeAnswer = {
        "wallet": wallet.address,
        "namespace": namespace,
        "nonce": made.nonce,
        "purpose": purpose,
        "expires_at": iso(made.expires_at),
        "message": made.message,
    }
    return private(answer)


@describe(_TAG, VerifyAnswer, body=Signed, codes=JSON_BODY | SIGNED)
async def verify(request: Request) -> Response:
    """Answer an access token and a refresh token for a signature; with the wallet's first sign-in an API key too."""
    held = services(request)
    sent = await read_json(request, _signed_decoder)
    proven = await prove(request, sent)
    with timings(request.scope).measure("db"):
        done = await held.auth.sign_in.open_session(proven, caller(request.scope))
    return private(signed_in(held, done, proven.challenge.nonce))


@describe(_TAG, RegisterAnswer, status=201, body=Signed, codes=JSON_BODY | SIGNED | {"invalid_name"})
async def register(request: Request) -> Response:
    """Register an app for a signature."""
    sent = await read_json(request, _signed_decoder)
    name = inputs.label(sent.name, "name")
    proven = await prove(request, sent)
    with timings(request.scope).measure("db"):
        app = await services(request).auth.sign_in.register(proven, name, caller(request.scope))
    answer: RegisterAnswer = {
        "client_id": app.app_id,
        "app": {
            "app_id": app.app_id,
            "name": app.name,
            "public_key": app.public_key,
            "namespace": app.namespace,
            "wallet": app.wallet,
        },
        "signature_verified": True,
    }
    return private(answer, 201)


@describe(_TAG, TokensAnswer, body=RefreshRequest, codes=JSON_BODY | KEYS | {"invalid_refresh_token", "not_owner"})
async def refresh(request: Request) -> Response:
    """Exchange a refresh token for a new one and a new access token."""
    held = services(request)
    sent = await read_json(request, _refresh_decoder)
    await held.auth.gate.key()
    await held.auth.signer.ready()  # before the token is spent: without one there is nothing to give for it
    with timings(request.scope).measure("db"):
        session = await held.auth.sessions.refresh(sent.refresh_token, sent.namespace, caller(request.scope))
    return private(tokens(held, session))


@describe(
    _TAG,
    LogoutAnswer,
    body=Body(LogoutRequest, required=False),
    codes=KEYS | {"invalid_api_key", "invalid_body", "invalid_json", "missing_api_key"},
)
async def logout(request: Request) -> Response:
    """End a session: of the refresh token, else of the credential; or all of the wallet's in its namespace."""
    held = services(request)
    sent = _logout_decoder.decode(b"{}") if not await request.body() else await read_json(request, _logout_decoder)
    await held.auth.gate.key()
    sessions, who = held.auth.sessions, caller(request.scope)
    revoked = 0
    given = presented(request.scope)
    if sent.refresh_token is not None:
        session = await sessions.of_token(sent.refresh_token)
        if session is not None and sent.all:
            revoked = await sessions.end_all(session.namespace, session.wallet, who)
        elif session is not None:
            revoked = await sessions.end(session.id, session.namespace, session.wallet, who)
    elif given is None:
        raise missing_credential()
    else:
        leaving = await held.auth.credentials.leaving(given.text)
        if leaving is None:
            raise invalid_credential()
        if sent.all:
            current = await held.auth.credentials.authenticate(given.text)
            if current is not None:
                revoked = await sessions.end_all(current.namespace, current.subject, who)
        elif leaving.session:
            revoked = await sessions.end(leaving.session, leaving.namespace, leaving.subject, who)
    if revoked:
        await held.auth.changes.catch_up()
    answer: LogoutAnswer = {"status": "ok", "revoked": revoked}
    return private(answer)


@describe(_TAG, AccessTokenAnswer, codes=frozenset({"api_key_required"}))
async def token(request: Request) -> Response:
    """Exchange an API key for an access token."""
    held, who = services(request), principal(request.scope)
    if who.method == "none":
        raise missing_credential()
    if who.method != "api_key":
        raise Problem(400, "api_key_required", "an access token cannot be exchanged for another; present an API key")
    await held.auth.signer.ready()
    issued = held.auth.tokens.issue(who.subject, who.namespace, api_key=who.api_key, static=who.static)
    held.auth.audit.note(Entry("token", "granted", who.namespace, who.subject, who.key_id), caller(request.scope))
    answer: AccessTokenAnswer = {
        "access_token": issued.token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "subject": who.subject,
        "namespace": who.namespace,
    }
    return private(answer)


@describe(_TAG, TicketAnswer)
async def ws_ticket(request: Request) -> Response:
    """Answer a ticket that opens one WebSocket, as `?ticket=`."""
    held, who = services(request), principal(request.scope)
    await held.auth.gate.key()
    ticket = await held.auth.tickets.make(who)
    held.auth.audit.note(Entry("ws_ticket", "granted", who.namespace, who.subject, who.key_id), caller(request.scope))
    answer: TicketAnswer = {"ticket": ticket, "expires_in": TICKET_LIFETIME}
    return private(answer)


@describe(_TAG, WhoamiAnswer)
async def whoami(request: Request) -> Response:
    """Answer whose credential it is; never the credential."""
    who = principal(request.scope)
    answer: WhoamiAnswer = {
        "authenticated": who.method != "none",
        "method": who.method,
        "subject": who.subject,
        "namespace": who.namespace,
        "owner": who.owner,
        "admin": who.admin,
        "key_id": who.key_id,
        "issued_at": None if who.issued_at is None else iso(who.issued_at * 1000),
        "expires_at": None if who.expires_at is None else iso(who.expires_at * 1000),
    }
    return private(answer)


def _chain_id(number: int | None, chain: Chain) -> str:
    if number is None or chain is not Chain.ETHEREUM:
        return _CHAIN_IDS[chain]
    if not 0 < number < _MOST_CHAIN_ID:
        raise Problem(400, "invalid_chain_id", "chain_id must be a positive number, EIP-155's of the network")
    return str(number)


ROUTES = [
    Route("/v1/auth/challenge", without(challenge), methods=["POST"]),
    Route("/v1/auth/verify", without(verify), methods=["POST"]),
    Route("/v1/auth/register", without(register), methods=["POST"]),
    Route("/v1/auth/refresh", without(refresh), methods=["POST"]),
    Route("/v1/auth/logout", without(logout), methods=["POST"]),
    Route("/v1/auth/token", without(token), methods=["POST"]),
    Route("/v1/auth/ws-ticket", without(ws_ticket), methods=["POST"]),
    Route("/v1/auth/whoami", whoami, methods=["GET"]),
]
