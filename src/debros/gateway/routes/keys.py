"""API keys, and the public keys of access tokens."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.tenants import ApiKeyAnswer, ApiKeysAnswer, RevokedAnswer
from debros.gateway.auth import inputs
from debros.gateway.auth.caller import caller
from debros.gateway.auth.public_keys import Jwks
from debros.gateway.auth.refusals import missing_credential, wallet_required
from debros.gateway.bodies import json, read_json
from debros.gateway.errors import Problem
from debros.gateway.idempotency import without
from debros.gateway.openapi.codes import JSON_BODY, KEYS, SIGNED
from debros.gateway.openapi.describe import Body, Parameter, describe
from debros.gateway.routes.signed import Signed, prove
from debros.gateway.state import maybe_principal, principal, services, timings

_SECRET = {"Cache-Control": "no-store"}
_TAG = "API keys"
# A new key waits a whole lifetime before it signs, so five minutes hide none from anybody.
_PUBLIC = {"Cache-Control": "public, max-age=300"}


class NewKey(msgspec.Struct):
    """A signed challenge, or nothing of it beside the access token of a signed-in wallet."""

    wallet: str = ""
    nonce: str = ""
    signature: str = ""
    namespace: str | None = None
    chain_type: str | None = None
    message: str | None = None
    name: str | None = None
    plan: str | None = None


_new_key_decoder = msgspec.json.Decoder(NewKey)


@describe(
    _TAG,
    ApiKeyAnswer,
    body=Body(NewKey, required=False),
    codes=JSON_BODY | SIGNED | {"invalid_api_key", "invalid_name", "missing_api_key", "wallet_required"},
)
async def create(request: Request) -> Response:
    """Make an API key for a signature, or for the access token of a signed-in wallet; it is shown this once."""
    held, who = services(request), caller(request.scope)
    by = maybe_principal(request.scope)
    sent = await read_json(request, _new_key_decoder) if by is None or await request.body() else NewKey()
    name, plan = inputs.label(sent.name, "name"), inputs.label(sent.plan, "plan", "free")
    if sent.signature:
        signed = Signed(sent.wallet, sent.nonce, sent.signature, sent.namespace, sent.chain_type, sent.message)
        proven = await prove(request, signed)
        with timings(request.scope).measure("db"):
            key = await held.auth.sign_in.make_api_key(proven, name, plan, who)
        namespace, wallet = proven.namespace, proven.wallet
    elif by is None or by.method == "none":
        raise missing_credential()
    elif not by.session:
        raise wallet_required(by.namespace, by.subject, by.key_id)
    else:
        namespace, wallet = inputs.namespace(sent.namespace, by.namespace), by.subject
        inputs.same_namespace(by, namespace)
        await held.auth.gate.key()
        with timings(request.scope).measure("db"):
            key = await held.auth.sign_in.make_api_key_for(namespace, wallet, name, plan, who)
    told: ApiKeyAnswer = {"api_key": key, "namespace": namespace, "plan": plan, "wallet": wallet}
    answer = json(told)
    answer.headers.update(_SECRET)
    return answer


@describe(_TAG, ApiKeysAnswer, codes=KEYS)
async def list_keys(request: Request) -> Response:
    """Answer the namespace's API keys by their beginnings."""
    held = services(request)
    await held.auth.gate.tables()
    keys = await held.auth.api_keys.list(principal(request.scope).namespace)
    answer: ApiKeysAnswer = {"api_keys": keys, "count": len(keys)}
    return json(answer)


@describe(
    _TAG,
    RevokedAnswer,
    parameters=(Parameter("id", "the key's id, as it is listed", place="path"),),
    codes=KEYS | {"api_key_not_found", "wallet_required"},
)
async def revoke(request: Request) -> Response:
    """Revoke an API key; one may revoke itself, the others need a signed-in wallet or a static key."""
    held, by = services(request), principal(request.scope)
    identity = request.path_params["id"]
    if identity != by.api_key:
        inputs.signed_in(by)
    await held.auth.gate.tables()
    if not await held.auth.api_keys.revoke(by, identity, caller(request.scope)):
        raise Problem(404, "api_key_not_found", "no such API key in this namespace; it may be revoked already")
    await held.auth.changes.catch_up()
    answer: RevokedAnswer = {"status": "ok", "id": identity}
    return json(answer)


@describe("Sign-in", Jwks, codes=KEYS)
async def jwks(request: Request) -> Response:
    """Answer every public key that may have signed a live access token."""
    held = services(request)
    await held.auth.gate.tables()
    answer = json(await held.auth.public_keys.jwks())
    answer.headers.update(_PUBLIC)
    return answer


ROUTES = [
    Route("/v1/auth/api-key", without(create), methods=["POST"]),
    Route("/v1/auth/api-keys", list_keys, methods=["GET"]),
    Route("/v1/auth/api-keys/{id}", without(revoke), methods=["DELETE"]),
    Route("/v1/auth/jwks", jwks, methods=["GET"]),
    Route("/.well-known/jwks.json", jwks, methods=["GET"]),
]
